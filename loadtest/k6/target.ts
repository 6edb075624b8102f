/** A server that answers at once, and says at /count how often it did. */
let count = 0;

const server = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen: () => {} },
  (request) => {
    if (request.url.endsWith("/count")) return new Response(String(count));
    count++;
    return new Response("ok");
  },
);
console.log(JSON.stringify({ port: server.addr.port }));
