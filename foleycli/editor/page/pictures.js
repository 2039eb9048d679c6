// When the pictures of the film come on screen: evenly, or, at a variable frame rate, at times of their own.

export class Pictures {
  constructor({ frame_rate, duration }) {
    Object.assign(this, { rate: frame_rate, duration, times: null });
  }

  get last() { return this.times ? this.times.length - 1 : Math.max(0, Math.ceil(this.duration * this.rate - 1e-6) - 1); }
  time(number) { return this.times ? this.times[number] : number / this.rate; }

  // The number of the picture whose start is nearest to a time in seconds.
  near(seconds) {
    if (!this.times) return Math.min(Math.max(0, Math.round(seconds * this.rate)), this.last);
    let low = 0, high = this.last;
    while (low < high) {   // the first that starts then or later
      const middle = (low + high) >> 1;
      if (this.times[middle] < seconds) low = middle + 1; else high = middle;
    }
    return low > 0 && seconds - this.times[low - 1] < this.times[low] - seconds ? low - 1 : low;
  }

  start(seconds) { return this.time(this.near(seconds)); }

  // The start of the picture so many after the one at a time.
  after(seconds, pictures) { return this.time(Math.min(Math.max(0, this.near(seconds) + pictures), this.last)); }

  // The end of what begins at a time and lasts so many pictures.
  end(seconds, pictures) {
    const number = this.near(seconds) + pictures;
    return number > this.last ? this.duration : this.time(number);
  }

  // Where a lasting sound may end: the start of a picture, or the end of the film.
  edge(seconds) {
    if (!this.times) return Math.round(seconds * this.rate) / this.rate;
    const start = this.start(seconds);
    return this.duration - seconds < Math.abs(start - seconds) ? this.duration : start;
  }
}
