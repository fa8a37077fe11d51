// A sentence from the microphone, in whatever format the browser writes.

// The networks have learned from noisy speech: the browser is not to clean it.
const SOUND = { echoCancellation: false, noiseSuppression: false, autoGainControl: true };

export class Microphone {
  constructor(showLevel, showTime) {
    this.showLevel = showLevel;
    this.showTime = showTime;
    this.recorder = null;
  }

  // Resolves with the recording once `stop` is called.
  async record() {
    if (!navigator.mediaDevices || !window.MediaRecorder) throw new Error("this browser can't record; choose a file");
    const stream = await navigator.mediaDevices.getUserMedia({ audio: SOUND }).catch((error) => {
      throw new Error(`there is no microphone for this page (${error.name}); allow it, or choose a file`);
    });
    const pieces = [];
    const recorder = new MediaRecorder(stream);
    this.recorder = recorder;
    const stopMeter = this.meter(stream);
    recorder.addEventListener("dataavailable", (event) => pieces.push(event.data));
    await new Promise((done) => {
      recorder.addEventListener("stop", done);
      recorder.start();
    });
    stopMeter();
    stream.getTracks().forEach((track) => track.stop());
    this.recorder = null;
    return new Blob(pieces, { type: recorder.mimeType });
  }

  stop() {
    this.recorder?.stop();
  }

  meter(stream) {
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const began = performance.now();
    const timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const level = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
      // From -60 dB to 0.
      this.showLevel(Math.max(0, 1 + Math.log10(level + 1e-9) / 3));
      this.showTime(clock((performance.now() - began) / 1000));
    }, 100);
    return () => {
      clearInterval(timer);
      context.close();
      this.showLevel(0);
      this.showTime("");
    };
  }
}
