/** The tests of the checkout that this file lies in, with an environment that says more of how they went. */
const path = require('node:path');
const config = require('../../jest.config.cjs');

const rootDir = path.join(__dirname, '../..');
const testEnvironment = path.join(__dirname, 'environment.cjs');
module.exports = {
  ...config,
  rootDir,
  projects: config.projects.map((project) => ({ ...project, rootDir, testEnvironment })),
};
