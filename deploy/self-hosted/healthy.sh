#!/usr/bin/env bash
# Whether the Worker on this machine says that it is well; the container's health check.
# In bash alone, so that the image needs no HTTP client.
exec 3<>"/dev/tcp/127.0.0.1/${1:-8787}" || exit 1
printf 'GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n' >&3
read -r _ status _ <&3
[ "$status" = 200 ]
