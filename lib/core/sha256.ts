/**
 * SHA-256 (FIPS 180-4) at once. WebCrypto's is asynchronous, and for short inputs the waiting costs
 * many times the hash.
 */
const K = /* @__PURE__ */ Int32Array.from([
  0x428a2f98,
  0x71374491,
  0xb5c0fbcf,
  0xe9b5dba5,
  0x3956c25b,
  0x59f111f1,
  0x923f82a4,
  0xab1c5ed5,
  0xd807aa98,
  0x12835b01,
  0x243185be,
  0x550c7dc3,
  0x72be5d74,
  0x80deb1fe,
  0x9bdc06a7,
  0xc19bf174,
  0xe49b69c1,
  0xefbe4786,
  0x0fc19dc6,
  0x240ca1cc,
  0x2de92c6f,
  0x4a7484aa,
  0x5cb0a9dc,
  0x76f988da,
  0x983e5152,
  0xa831c66d,
  0xb00327c8,
  0xbf597fc7,
  0xc6e00bf3,
  0xd5a79147,
  0x06ca6351,
  0x14292967,
  0x27b70a85,
  0x2e1b2138,
  0x4d2c6dfc,
  0x53380d13,
  0x650a7354,
  0x766a0abb,
  0x81c2c92e,
  0x92722c85,
  0xa2bfe8a1,
  0xa81a664b,
  0xc24b8b70,
  0xc76c51a3,
  0xd192e819,
  0xd6990624,
  0xf40e3585,
  0x106aa070,
  0x19a4c116,
  0x1e376c08,
  0x2748774c,
  0x34b0bcb5,
  0x391c0cb3,
  0x4ed8aa4a,
  0x5b9cca4f,
  0x682e6ff3,
  0x748f82ee,
  0x78a5636f,
  0x84c87814,
  0x8cc70208,
  0x90befffa,
  0xa4506ceb,
  0xbef9a3f7,
  0xc67178f2,
]);
const FIRST = /* @__PURE__ */ Int32Array.from([
  0x6a09e667,
  0xbb67ae85,
  0x3c6ef372,
  0xa54ff53a,
  0x510e527f,
  0x9b05688c,
  0x1f83d9ab,
  0x5be0cd19,
]);
const schedule = /* @__PURE__ */ new Int32Array(64);
const state = /* @__PURE__ */ new Int32Array(8);
/** The last one or two blocks of what is hashed: the rest, one bit, zeros, the length. */
const tail = /* @__PURE__ */ new Uint8Array(128);
const tailView = /* @__PURE__ */ (() => new DataView(tail.buffer))();

/** The hash of bytes. */
export function sha256(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const hash = new Uint8Array(32);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  sha256Into(new DataView(hash.buffer), 0, view, 0, bytes.length);
  return hash;
}

/**
 * Writes the hash of `bytes` from `from` to before `to` into `out` from `at` on; both may be the
 * same memory.
 */
export function sha256Into(
  out: DataView,
  at: number,
  bytes: DataView,
  from: number,
  to: number,
): void {
  begin();
  let block = from;
  for (; block + 64 <= to; block += 64) {
    expand(bytes, block);
    compress(schedule);
  }
  const length = to - from;
  const rest = to - block;
  const padded = rest < 56 ? 64 : 128;
  for (let index = 0; index < rest; index++) tail[index] = bytes.getUint8(block + index);
  tail[rest] = 0x80;
  for (let index = rest + 1; index < padded - 8; index++) tail[index] = 0;
  tailView.setUint32(padded - 8, Math.floor(length / 0x20000000));
  tailView.setUint32(padded - 4, (length << 3) >>> 0);
  for (let index = 0; index < padded; index += 64) {
    expand(tailView, index);
    compress(schedule);
  }
  end(out, at);
}

const pair = /* @__PURE__ */ new DataView(/* @__PURE__ */ new ArrayBuffer(64));
/** Schedules of a block that has the last byte of 65 and the padding, by that byte. */
const lastSchedules: (Int32Array | undefined)[] = [];

/**
 * Writes the hash of a byte and two hashes into `out` from `at` on: what the nodes of a Merkle tree
 * are, two blocks of which the second is one of 256.
 */
export function sha256OfPair(
  out: DataView,
  at: number,
  first: number,
  left: DataView,
  leftAt: number,
  right: DataView,
  rightAt: number,
): void {
  pair.setUint8(0, first);
  for (let index = 0; index < 32; index += 4) {
    pair.setInt32(1 + index, left.getInt32(leftAt + index));
  }
  for (let index = 0; index < 28; index += 4) {
    pair.setInt32(33 + index, right.getInt32(rightAt + index));
  }
  const end32 = right.getInt32(rightAt + 28);
  pair.setInt16(61, end32 >>> 16);
  pair.setUint8(63, end32 >>> 8);
  begin();
  expand(pair, 0);
  compress(schedule);
  compress(lastSchedules[end32 & 255] ??= lastSchedule(end32 & 255));
  end(out, at);
}

function lastSchedule(byte: number): Int32Array {
  tail.fill(0);
  tail[0] = byte;
  tail[1] = 0x80;
  tailView.setUint32(60, 65 * 8);
  expand(tailView, 0);
  return schedule.slice();
}

function begin(): void {
  for (let index = 0; index < 8; index++) state[index] = FIRST[index];
}

function end(out: DataView, at: number): void {
  for (let index = 0; index < 8; index++) out.setInt32(at + index * 4, state[index]);
}

/** The message schedule of a block (6.2.2, step 1), two words at a time. */
function expand(view: DataView, at: number): void {
  const w = schedule;
  for (let index = 0; index < 16; index++) w[index] = view.getInt32(at + index * 4);
  let before = w[0], y = w[14], z = w[15];
  for (let index = 16; index < 64; index += 2) {
    const p = w[index - 15], q = w[index - 14];
    const p0 = ((p >>> 7) | (p << 25)) ^ ((p >>> 18) | (p << 14)) ^ (p >>> 3);
    const q0 = ((q >>> 7) | (q << 25)) ^ ((q >>> 18) | (q << 14)) ^ (q >>> 3);
    const y1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    const z1 = ((z >>> 17) | (z << 15)) ^ ((z >>> 19) | (z << 13)) ^ (z >>> 10);
    w[index] = y = (before + w[index - 7] + p0 + y1) | 0;
    w[index + 1] = z = (p + w[index - 6] + q0 + z1) | 0;
    before = q;
  }
}

/** The first half of a round: T1. */
function one(e: number, f: number, g: number, h: number): number {
  const sum = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
  return (h + sum + (g ^ (e & (f ^ g)))) | 0;
}

/** The second half: T1 + T2. */
function two(a: number, b: number, c: number, t: number): number {
  const sum = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
  return (t + sum + ((a & b) | (c & (a | b)))) | 0;
}

/** The 64 rounds, eight at a time, so that the names need not be moved. */
function compress(w: Int32Array): void {
  const s = state;
  let a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7];
  let t = 0;
  for (let i = 0; i < 64; i += 8) {
    t = one(e, f, g, (h + K[i] + w[i]) | 0);
    d = (d + t) | 0;
    h = two(a, b, c, t);
    t = one(d, e, f, (g + K[i + 1] + w[i + 1]) | 0);
    c = (c + t) | 0;
    g = two(h, a, b, t);
    t = one(c, d, e, (f + K[i + 2] + w[i + 2]) | 0);
    b = (b + t) | 0;
    f = two(g, h, a, t);
    t = one(b, c, d, (e + K[i + 3] + w[i + 3]) | 0);
    a = (a + t) | 0;
    e = two(f, g, h, t);
    t = one(a, b, c, (d + K[i + 4] + w[i + 4]) | 0);
    h = (h + t) | 0;
    d = two(e, f, g, t);
    t = one(h, a, b, (c + K[i + 5] + w[i + 5]) | 0);
    g = (g + t) | 0;
    c = two(d, e, f, t);
    t = one(g, h, a, (b + K[i + 6] + w[i + 6]) | 0);
    f = (f + t) | 0;
    b = two(c, d, e, t);
    t = one(f, g, h, (a + K[i + 7] + w[i + 7]) | 0);
    e = (e + t) | 0;
    a = two(b, c, d, t);
  }
  s[0] += a;
  s[1] += b;
  s[2] += c;
  s[3] += d;
  s[4] += e;
  s[5] += f;
  s[6] += g;
  s[7] += h;
}
