/** Required first by each service of a world: shifts its clock by what a file named after its port says. */
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

const { SKEW_DIR, PORT } = process.env;
const offset = SKEW_DIR && PORT ? read(join(SKEW_DIR, PORT)) : 0;

if (offset !== 0) {
  const Real = Date;
  const now = () => Real.now() + offset;
  globalThis.Date = new Proxy(Real, {
    construct: (target, args, own) => Reflect.construct(target, args.length > 0 ? args : [now()], own),
    apply: () => new Real(now()).toString(),
    get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
  });
}

/** @param {string} file @returns {number} milliseconds */
function read(file) {
  try {
    return Number(readFileSync(file, 'utf8')) || 0;
  } catch {
    return 0;
  }
}
