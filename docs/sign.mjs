// Signs a JobSpec: node sign.mjs key.pem < jobspec.json > signed.json (see signing.md). Needs nothing but Node.
import { createPrivateKey, createPublicKey, randomUUID, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';

// RFC 8785: JavaScript writes numbers and texts as it asks for, and sorts names by their UTF-16 units.
const canonical = (value) => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const fields = Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`);
  return `{${fields.join(',')}}`;
};

const key = createPrivateKey(readFileSync(process.argv[2]));
const { id, signature, public_key, ...spec } = JSON.parse(readFileSync(0, 'utf8'));
spec.metadata = { ...spec.metadata, nonce: randomUUID(), timestamp: new Date().toISOString() };

const signed = {
  ...(id === undefined ? {} : { id }),
  ...spec,
  public_key: createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64'),
  signature: sign(null, Buffer.from(canonical(spec)), key).toString('base64'),
};
console.log(JSON.stringify(signed));
