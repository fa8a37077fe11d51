// Requests to the server that this page came from.

async function answered(response) {
  const content = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(content.error ?? `the server says ${response.status}`);
  return content;
}

async function sent(address, options) {
  let response;
  try {
    response = await fetch(address, options);
  } catch {
    throw new Error("the server does not answer; does `svground live` still run?");
  }
  return answered(response);
}

export const get = (address) => sent(address);
export const call = (name, given = {}) => sent(`/api/${name}`, { method: "POST", body: JSON.stringify(given) });

export function upload(kind, blob, name, most) {
  if (blob.size > most) throw new Error(`${name} has ${megabytes(blob.size)}; the most is ${megabytes(most)}`);
  return sent(`/api/${kind}?name=${encodeURIComponent(name)}`, { method: "POST", body: blob });
}

const megabytes = (size) => `${(size / 1e6).toFixed(1)} MB`;
export const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
