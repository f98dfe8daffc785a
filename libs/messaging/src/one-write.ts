import type { Writable } from 'node:stream';

/**
 * What is written to a stream in one go leaves it in one piece. amqplib writes each frame by itself: that is a system
 * call for each, and one for each in the broker, which reads what is there.
 */
export function inOneWrite(stream: Writable): void {
  const write = stream.write.bind(stream) as (...of: unknown[]) => boolean;
  let gathering = false;
  stream.write = (...of: unknown[]) => {
    if (!gathering) {
      gathering = true;
      stream.cork();
      process.nextTick(() => {
        gathering = false;
        stream.uncork();
      });
    }
    return write(...of);
  };
}
