# The server, its operator's commands and the audit tool, on an image without a shell.
# Build:  docker build -t branchline .
# Run:    deploy/compose.yaml, and docs/deploy.md from nothing to a public address.

FROM rust:1.95.0-bookworm AS build
# This toolchain and not the channel of rust-toolchain.toml, which would be downloaded anew.
ENV RUSTUP_TOOLCHAIN=1.95.0 CARGO_INCREMENTAL=0 CARGO_TERM_COLOR=never
WORKDIR /src
COPY . .
# .dockerignore lets nothing in but what is built: a document that changes does not build anew.
RUN cargo build --release --locked -p branchline -p branchline-log \
 && mkdir -p /out/bin /out/data \
 && cp target/release/branchline target/release/branchline-log /out/bin/ \
 && chmod 0755 /out/bin/* && chmod 0700 /out/data

# glibc, libgcc and the certificates of public authorities; nothing else, and a user without rights.
FROM gcr.io/distroless/cc-debian12:nonroot
LABEL org.opencontainers.image.title="Branchline" \
      org.opencontainers.image.description="An engine for outbound-call lead workflows" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0" \
      org.opencontainers.image.documentation="docs/deploy.md"
COPY --from=build /out/bin/ /usr/local/bin/
# A volume takes owner and mode of the directory that it is mounted over when it is first used.
COPY --from=build --chown=65532:65532 /out/data /var/lib/branchline
COPY LICENSE-APACHE LICENSE-MIT /usr/share/doc/branchline/
# By number: an orchestrator that refuses root cannot look names up.
USER 65532:65532
WORKDIR /var/lib/branchline
# A container is reached from outside itself, so keys, and TLS or a proxy, are asked for at the start.
ENV BRANCHLINE_STORAGE_DATA_DIR=/var/lib/branchline \
    BRANCHLINE_SERVER_LISTEN=0.0.0.0:8080 \
    BRANCHLINE_LOG_FORMAT=json
VOLUME ["/var/lib/branchline"]
EXPOSE 8080
STOPSIGNAL SIGTERM
# A large journal takes its time to open: until it is ready nothing counts as a failure.
HEALTHCHECK --interval=15s --timeout=5s --start-period=10m --retries=3 \
    CMD ["/usr/local/bin/branchline", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/branchline"]
CMD ["serve"]
