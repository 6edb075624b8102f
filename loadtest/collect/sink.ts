/** Takes what is exported, in a process of its own, and counts it by arm. */
const counts: Record<string, { requests: number; bytes: number }> = {};

// Ctrl-C reaches the whole process group; the parent measures to the end of its block, then ends us.
Deno.addSignalListener("SIGINT", () => {});

const server = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen: () => {} },
  async (request) => {
    const path = new URL(request.url).pathname;
    if (path === "/counts") return Response.json(counts);
    const arm = path.split("/")[1];
    const { byteLength } = await request.arrayBuffer();
    const count = counts[arm] ??= { requests: 0, bytes: 0 };
    count.requests++;
    count.bytes += byteLength;
    return new Response(null, { headers: { "content-type": "application/x-protobuf" } });
  },
);
console.log(JSON.stringify({ port: server.addr.port }));
