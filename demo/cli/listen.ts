/**
 * Listens, on 127.0.0.1 unless told otherwise.
 *
 * @throws {Error} When the port is in use: it names the port and the flag.
 */
export function listen(
  what: string,
  port: number,
  handler: (request: Request) => Response | Promise<Response>,
  hostname = "127.0.0.1",
): Deno.HttpServer<Deno.NetAddr> {
  try {
    return Deno.serve({ hostname, port, onListen: () => {} }, handler);
  } catch (error) {
    if (error instanceof Deno.errors.AddrNotAvailable) {
      throw new Error(`Port ${port}: this machine has no address ${hostname} (--host)`);
    }
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    const flag = what === "collector" ? "--collector-port" : "--port";
    throw new Error(`Port ${port} for the ${what} is in use; choose another with ${flag}`);
  }
}
