import { isPublicAddress, publicLookup } from './public-address';

it.each(['8.8.8.8', '172.15.0.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450::1'])(
  'takes %s for the internet',
  (address) => {
    expect(isPublicAddress(address)).toBe(true);
  },
);

it.each([
  ...['127.0.0.1', '10.1.2.3', '172.16.0.1', '192.168.1.1', '169.254.169.254', '100.64.0.1', '0.0.0.0'],
  ...['224.0.0.1', '255.255.255.255', '198.18.0.1', '::1', '::', 'fe80::1', 'fd00::1', '::ffff:127.0.0.1'],
  ...['::ffff:8.8.8.8', '64:ff9b::a00:1', '2002:7f00:1::', '2001:0:1::', 'ff02::1', 'localhost', '127.1'],
])('does not take %s for the internet', (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

it.each([true, false])('looks a name up, and refuses it where it leads inside (all: %s)', async (all) => {
  const looked = new Promise((resolve, reject) => {
    publicLookup('localhost', { all }, (error, address) => (error ? reject(error) : resolve(address)));
  });
  await expect(looked).rejects.toThrow('localhost is not in the internet');
});
