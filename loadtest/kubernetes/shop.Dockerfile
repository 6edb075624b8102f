# The shop of each arm: docker build -f loadtest/kubernetes/shop.Dockerfile -t sextant-shop .
FROM denoland/deno:2.9.6
WORKDIR /sextant
COPY deno.json deno.lock mod.ts ./
COPY lib lib
COPY demo demo
COPY loadtest loadtest
RUN deno cache loadtest/kubernetes/serve_arm.ts
CMD ["deno", "run", "-A", "loadtest/kubernetes/serve_arm.ts"]
