/**
 * Imported first by every command: an old Node would otherwise fail on something that explains nothing.
 * No modern syntax in here.
 */
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Node ${process.versions.node} is too old: install Node 20.19 or newer and run this again.`);
  process.exit(1);
}
if (process.platform === 'win32') {
  console.error('Windows itself is not supported: run this inside WSL (Windows Subsystem for Linux).');
  process.exit(1);
}
