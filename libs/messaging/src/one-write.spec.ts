import { Writable } from 'node:stream';
import { inOneWrite } from './one-write';

describe('a stream that writes in one piece', () => {
  const gathering = () => {
    const writes: string[][] = [];
    const stream = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        writes.push([String(chunk)]);
        done();
      },
      writev: (chunks, done) => {
        writes.push(chunks.map(({ chunk }) => String(chunk)));
        done();
      },
    });
    inOneWrite(stream);
    return { stream, writes };
  };

  it('puts together what was written in one go, in its order', async () => {
    const { stream, writes } = gathering();
    for (const text of ['a', 'b', 'c']) stream.write(text);
    expect(writes).toEqual([]);
    await new Promise(process.nextTick);
    expect(writes).toEqual([['a', 'b', 'c']]);
  });

  it('keeps nothing back for the next time', async () => {
    const { stream, writes } = gathering();
    for (const text of ['a', 'b']) {
      stream.write(text);
      await new Promise(process.nextTick);
    }
    expect(writes).toEqual([['a'], ['b']]);
  });

  it('says when it has too much, and when it has room again', async () => {
    const { stream } = gathering();
    const drained = new Promise((resolve) => stream.once('drain', resolve));
    expect(stream.write(Buffer.alloc(stream.writableHighWaterMark))).toBe(false);
    await drained;
    expect(stream.write('more')).toBe(true);
  });

  it('writes what is left before it ends', async () => {
    const { stream, writes } = gathering();
    stream.write('a');
    stream.end('b');
    await new Promise((resolve) => stream.once('finish', resolve));
    expect(writes.flat()).toEqual(['a', 'b']);
  });
});
