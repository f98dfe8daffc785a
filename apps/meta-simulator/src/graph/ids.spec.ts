import { newObjectId, newWamid } from './ids';

describe('ids', () => {
  it('look like those of Meta and are never the same', () => {
    const ids = Array.from({ length: 1000 }, () => newWamid('16505551234', 'out'));
    expect(new Set(ids).size).toBe(1000);
    expect(ids[0]).toMatch(/^wamid\.HBgLMTY1MDU1NTEyMzQVAgARGB[A-Za-z0-9+/]+A=*$/);
    expect(newWamid('16505551234', 'in')).toMatch(/^wamid\.HBgLMTY1MDU1NTEyMzQVAgASGB/);
    expect(newObjectId()).toMatch(/^\d{16}$/);
  });
});
