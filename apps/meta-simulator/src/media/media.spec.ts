import { bareMime, mediaProblem } from './media.rules';
import { sampleFor, silentVoiceNote } from './media.sample';

describe('media rules', () => {
  it('know kinds and sizes', () => {
    expect(mediaProblem('image/png', 100)).toBeUndefined();
    expect(mediaProblem('audio/ogg; codecs=opus', 16 * 1024 * 1024)).toBeUndefined();
    expect(mediaProblem('audio/ogg', 16 * 1024 * 1024 + 1)).toMatch(/exceeds the limit/);
    expect(mediaProblem('image/gif', 100)).toMatch(/supported type/);
    expect(mediaProblem('image/png', 0)).toMatch(/empty/);
    expect(bareMime('Audio/OGG; codecs=opus')).toBe('audio/ogg');
  });
});

describe('samples', () => {
  it('the voice note is a chain of Ogg pages that ends', () => {
    const bytes = silentVoiceNote(2);
    const flags: number[] = [];
    for (let at = 0; at < bytes.length;) {
      expect(bytes.toString('latin1', at, at + 4)).toBe('OggS');
      flags.push(bytes.readUInt8(at + 5));
      const segments = bytes.readUInt8(at + 26);
      let size = 0;
      for (let i = 0; i < segments; i++) size += bytes.readUInt8(at + 27 + i);
      at += 27 + segments + size;
    }
    expect(flags).toEqual([2, 0, 0, 4]);
  });

  it('the picture is a PNG', () => {
    expect(sampleFor('image').bytes.subarray(1, 4).toString()).toBe('PNG');
  });
});
