# The cluster image: silo and front end are the same program; ROLE selects the part (docs/adr/0001-two-engines.md).
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /src
COPY . .
# ReadyToRun: a silo that restarts takes its work again in a second instead of five.
RUN dotnet publish src/Interop.Silo -c Release -p:Engine=Orleans -p:PublishReadyToRun=true --use-current-runtime --self-contained false -o /app

FROM mcr.microsoft.com/dotnet/aspnet:10.0
WORKDIR /app
COPY --from=build /app .
# The user "app" of the base image, not root. /data holds the spool and the exports of one process: each process needs a volume of its own.
RUN mkdir /data /exports && chown app:app /data /exports
USER app
VOLUME /data
# The root file system may be read-only: the runtime's diagnostics, which write to /tmp, are off.
ENV INTEROP_DATA=/data BIND=0.0.0.0 PORT=8000 DOTNET_EnableDiagnostics=0
EXPOSE 8000 11111 30000
# The image has no curl: bash opens the connection.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/$PORT && printf 'GET /health HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && head -1 <&3 | grep -q ' 200 '"]
ENTRYPOINT ["./Interop.Silo"]
