/** The compiler's options, read from the one file that the builds use too. */
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { $schema, ...options } = JSON.parse(readFileSync(join(__dirname, '../../.swcrc'), 'utf8'));
void $schema;
module.exports = options;
