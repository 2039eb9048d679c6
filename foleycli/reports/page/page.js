"use strict";
// A row plays alone; a click on its pictures or waveform goes there, arrow keys move, space plays.
const players = [...document.querySelectorAll(".row")].filter((row) => row.querySelector("audio")).map(wire);

function wire(row) {
  const audio = row.querySelector("audio"), lanes = row.querySelector(".lanes"), cursor = row.querySelector(".cursor");
  const video = row.querySelector("video"), seconds = Number(lanes.dataset.seconds);
  // The sound leads, as it may be in the page where the video is not; a video that can't be shown is not.
  const step = () => {
    if (video && Math.abs(video.currentTime - audio.currentTime) > (audio.paused ? 0.01 : 0.15)) video.currentTime = audio.currentTime;
  };
  if (video) {
    video.addEventListener("error", () => video.remove());
    if (video.error) video.remove();
    video.addEventListener("click", () => (audio.paused ? audio.play() : audio.pause()));
    audio.addEventListener("pause", () => video.pause());
  }
  const show = () => {
    step();
    cursor.hidden = false;
    cursor.style.left = `${Math.min(100, (100 * audio.currentTime) / seconds)}%`;
    lanes.setAttribute("aria-valuenow", audio.currentTime.toFixed(2));
  };
  const follow = () => {
    show();
    if (!audio.paused) requestAnimationFrame(follow);
  };
  const go = (time) => {
    audio.currentTime = Math.max(0, Math.min(seconds, time));
    show();
  };
  lanes.addEventListener("click", (event) => {
    const box = lanes.getBoundingClientRect();
    go((seconds * (event.clientX - box.left)) / box.width);
  });
  lanes.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: -0.1, ArrowRight: 0.1, PageDown: -1, PageUp: 1 }[event.key];
    if (move) go(audio.currentTime + move * (event.shiftKey ? 10 : 1));
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(seconds);
    else if (event.key === " ") audio.paused ? audio.play() : audio.pause();
    else return;
    event.preventDefault();
  });
  audio.addEventListener("play", () => {
    for (const other of players) if (other !== audio) other.pause();
    if (video) video.play().catch(() => {});
    follow();
  });
  audio.addEventListener("seeked", show);
  return audio;
}
