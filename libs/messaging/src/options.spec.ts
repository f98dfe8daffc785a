import { inSmallFrames } from './options';

describe("the broker's address", () => {
  it.each([
    ['amqp://localhost', 'amqp://localhost?frameMax=16384'],
    ['amqps://me:p%40ss@broker:5671/scrm', 'amqps://me:p%40ss@broker:5671/scrm?frameMax=16384'],
    ['amqp://broker/%2F?heartbeat=5', 'amqp://broker/%2F?heartbeat=5&frameMax=16384'],
  ])('%s asks for small frames, and stays what it is', (given, expected) => {
    expect(inSmallFrames(given)).toBe(expected);
  });
});
