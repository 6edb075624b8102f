# k6 with the extension, for the operator's runners:
# docker build -f loadtest/kubernetes/k6.Dockerfile -t sextant-k6 loadtest/xk6-sextant
FROM golang:1.26 AS build
WORKDIR /module
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -o /k6 ./cmd/k6

FROM alpine:3
RUN adduser -D -u 12345 -g 12345 k6
USER 12345
WORKDIR /home/k6
COPY --from=build /k6 /usr/bin/k6
ENV K6_AUTO_EXTENSION_RESOLUTION=false
ENTRYPOINT ["k6"]
