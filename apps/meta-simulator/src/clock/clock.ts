import { Injectable } from '@nestjs/common';

/**
 * The simulator's idea of "now". Tests shift it to close a 24-hour window or to let a media link expire
 * without waiting. Timers (delays, retries) always run on real time.
 */
@Injectable()
export class Clock {
  offsetMs = 0;

  now(): number {
    return Date.now() + this.offsetMs;
  }

  unixSeconds(): string {
    return String(Math.floor(this.now() / 1000));
  }
}
