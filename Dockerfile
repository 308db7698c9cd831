# The cluster image: silo and front end are the same program, ROLE says which (docs/adr/0001-two-engines.md).
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /src
COPY . .
RUN dotnet publish src/Interop.Silo -c Release -p:Engine=Orleans -o /app

FROM mcr.microsoft.com/dotnet/aspnet:10.0
WORKDIR /app
COPY --from=build /app .
# Not root; the data folder is a volume.
RUN mkdir /data && chown app:app /data
USER app
VOLUME /data
ENV INTEROP_DATA=/data BIND=0.0.0.0 PORT=8000
EXPOSE 8000 11111 30000
ENTRYPOINT ["./Interop.Silo"]
