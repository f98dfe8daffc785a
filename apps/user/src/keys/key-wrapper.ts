/** The `KeyWrapper` of the service. */
export const KEY_WRAPPER = Symbol('key-wrapper');
