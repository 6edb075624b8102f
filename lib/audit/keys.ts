/** Signs checkpoints. */
export interface AuditSigner {
  /** The algorithm: `Ed25519` or `HMAC`. */
  readonly algorithm: string;
  /** Signs bytes. */
  sign(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
  /** Says whether a signature is its own: a trail of another key is then not gone on with. */
  readonly verify?: AuditKey["verify"];
}

/** Checks the signatures of checkpoints. */
export interface AuditKey {
  /** The algorithm: `Ed25519` or `HMAC`. */
  readonly algorithm: string;
  /** Says whether a signature is right. */
  verify(signature: Uint8Array<ArrayBuffer>, bytes: Uint8Array<ArrayBuffer>): Promise<boolean>;
}

/** A pair of keys, as JSON Web Keys; of HMAC both are the same secret. */
export interface AuditKeyPair {
  /** Keep it secret: it signs. */
  readonly privateKey: JsonWebKey;
  /** It verifies. */
  readonly publicKey: JsonWebKey;
}

const HMAC = { name: "HMAC", hash: "SHA-256" };

/** Makes a pair of keys: Ed25519, or HMAC where the platform's WebCrypto does not know it. */
export async function generateAuditKeys(): Promise<AuditKeyPair> {
  try {
    const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
    const { privateKey, publicKey } = pair as CryptoKeyPair;
    return {
      privateKey: await crypto.subtle.exportKey("jwk", privateKey),
      publicKey: await crypto.subtle.exportKey("jwk", publicKey),
    };
  } catch {
    const key = await crypto.subtle.generateKey(HMAC, true, ["sign", "verify"]) as CryptoKey;
    const jwk = await crypto.subtle.exportKey("jwk", key);
    return { privateKey: jwk, publicKey: jwk };
  }
}

/**
 * A signer from a private JSON Web Key.
 *
 * @throws {TypeError} When it is no key of Ed25519 or HMAC that can sign.
 */
export async function auditSigner(jwk: JsonWebKey): Promise<AuditSigner> {
  const algorithm = algorithmOf(jwk);
  const key = await importKey(jwk, "sign");
  const { verify } = await auditKey(jwk);
  return {
    algorithm,
    verify,
    sign: async (bytes) => new Uint8Array(await crypto.subtle.sign(algorithm, key, bytes)),
  };
}

/**
 * A verifier from a public JSON Web Key, or the secret of HMAC.
 *
 * @throws {TypeError} When it is no key of Ed25519 or HMAC that can verify.
 */
export async function auditKey(jwk: JsonWebKey): Promise<AuditKey> {
  const algorithm = algorithmOf(jwk);
  const key = await importKey(jwk, "verify");
  return {
    algorithm,
    verify: (signature, bytes) => crypto.subtle.verify(algorithm, key, signature, bytes),
  };
}

function algorithmOf(jwk: JsonWebKey): "Ed25519" | "HMAC" {
  if (jwk?.kty === "OKP" && jwk.crv === "Ed25519") return "Ed25519";
  if (jwk?.kty === "oct") return "HMAC";
  throw new TypeError(
    `audit key: kty is ${jwk?.kty}, crv is ${jwk?.crv}, allowed are OKP with Ed25519, or oct (HMAC)`,
  );
}

async function importKey(jwk: JsonWebKey, use: "sign" | "verify"): Promise<CryptoKey> {
  const algorithm = algorithmOf(jwk) === "HMAC" ? HMAC : "Ed25519";
  const { key_ops: _ops, ext: _ext, ...plain } = jwk;
  // A private key verifies as well: what is public of it is taken.
  if (use === "verify") delete plain.d;
  try {
    return await crypto.subtle.importKey("jwk", plain, algorithm, false, [use]);
  } catch (error) {
    throw new TypeError(
      `audit key: it can't ${use}: ${error instanceof Error ? error.message : error}`,
    );
  }
}
