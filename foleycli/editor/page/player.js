// The picture with a track in step: the video is the clock, the sound follows it.

const FAR = 0.15, NEAR = 0.025, MOST_BEND = 0.04;   // seconds apart at which the sound jumps; is bent; and how much

export class Player extends EventTarget {
  constructor(video, audio, facts, store) {
    super();
    Object.assign(this, { video, audio, facts, store, loop: false, track: null, old: false, until: null, after: null });
    video.src = "video";
    video.muted = true;
    for (const name of ["play", "pause", "seeked", "ended"]) {
      video.addEventListener(name, () => { this.follow(); this.dispatchEvent(new Event("tick")); });
    }
    audio.addEventListener("loadedmetadata", () => this.follow(true));
    const step = () => { this.tick(); requestAnimationFrame(step); };
    requestAnimationFrame(step);
  }

  get now() { return Math.max(0, Math.min(this.facts.duration, this.video.currentTime - this.facts.offset)); }
  get playing() { return !this.video.paused && !this.video.ended; }

  seek(seconds) {
    const at = Math.max(0, Math.min(seconds, this.facts.duration - 0.5 / this.facts.frame_rate));
    this.video.currentTime = at + this.facts.offset + 0.001;   // inside the picture, not at its edge
    this.follow(true);
    this.dispatchEvent(new Event("tick"));
  }

  toggle() { this.playing ? this.pause() : this.play(); }
  pause() { this.finishSpan(); this.video.pause(); this.audio.pause(); }

  async play() {
    if (this.loop && this.store.range && (this.now < this.store.range.start || this.now >= this.store.range.stop - 0.02)) {
      this.seek(this.store.range.start);
    } else if (this.now >= this.facts.duration - 0.05) this.seek(0);
    try { await this.video.play(); } catch (error) { if (error.name !== "AbortError") throw error; }
  }

  // Plays a part once with a track of its own, as a take is heard.
  playSpan(start, stop, number) {
    const back = this.after ?? this.track;
    this.use(number);
    this.until = stop;
    this.after = back;
    this.seek(start);
    this.play();
  }

  finishSpan() {
    if (this.until === null) return;
    this.until = null;
    this.use(this.after);
    this.after = null;
    this.dispatchEvent(new Event("span"));
  }

  // The number of the track that is heard; null for none.
  use(number) {
    if (number === this.track) return;
    this.track = number;
    if (number === null) this.audio.removeAttribute("src");
    else this.audio.src = `tracks/${number}.wav`;
  }

  hear(old) {
    this.old = old;
    this.video.muted = !old;
    this.audio.muted = old;
  }

  follow(jump = false) {
    const { audio } = this;
    if (this.track === null || audio.readyState < 1) return;
    if (jump) audio.currentTime = Math.min(this.now, audio.duration);
    if (this.playing && audio.paused && this.now < audio.duration - 0.01) {
      audio.currentTime = this.now;
      audio.play().catch(() => {});
    }
    if (!this.playing && !audio.paused) audio.pause();
  }

  tick() {
    if (!this.playing) return;
    const at = this.now;
    if (this.until !== null && at >= this.until) { this.pause(); return; }
    if (this.loop && this.store.range && this.until === null && at >= this.store.range.stop) this.seek(this.store.range.start);
    const apart = this.audio.currentTime - at;
    if (this.audio.paused) this.follow();   // a play that a new track interrupted is asked for again
    if (this.track !== null && !this.audio.paused && !this.audio.seeking) {
      if (Math.abs(apart) > FAR) this.audio.currentTime = at;
      else this.audio.playbackRate = Math.abs(apart) > NEAR ? 1 - Math.max(-MOST_BEND, Math.min(MOST_BEND, apart)) : 1;
    }
    this.dispatchEvent(new Event("tick"));
  }
}
