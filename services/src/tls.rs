//! TLS: the certificate of this process, and the authorities that it trusts.

use std::path::Path;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tonic::transport::{Certificate, ClientTlsConfig, Identity, ServerTlsConfig};

use crate::config::{Config, Tls};

/// The time of a client to agree with the server.
const HANDSHAKE: Duration = Duration::from_secs(5);

/// Returns the settings of the server.
///
/// # Errors
///
/// A file cannot be read, or the one of authorities has none.
pub fn server(tls: &Tls) -> Result<ServerTlsConfig, String> {
    let config = ServerTlsConfig::new().identity(identity(tls)?);
    Ok(match &tls.client_ca {
        Some(path) => config.client_ca_root(authorities(path)?),
        None => config,
    })
}

/// Returns the settings for calls of `url`: none if it is not `https`. A server that wants a
/// certificate gets the one of `[tls]`.
///
/// # Errors
///
/// A file cannot be read, or the one of authorities has none.
pub fn client(config: &Config, url: &str) -> Result<Option<ClientTlsConfig>, String> {
    let scheme = url.split(':').next().unwrap_or_default();
    if !scheme.eq_ignore_ascii_case("https") {
        return Ok(None);
    }
    let client = ClientTlsConfig::new().timeout(HANDSHAKE);
    let client = match &config.ca {
        Some(path) => client.ca_certificate(authorities(path)?),
        None => client.with_native_roots(),
    };
    Ok(Some(match &config.tls {
        Some(tls) => client.identity(identity(tls)?),
        None => client,
    }))
}

fn identity(tls: &Tls) -> Result<Identity, String> {
    Ok(Identity::from_pem(read(&tls.cert)?, read(&tls.key)?))
}

fn authorities(path: &Path) -> Result<Certificate, String> {
    let pem = read(path)?;
    match CertificateDer::pem_slice_iter(&pem).next() {
        Some(Ok(_)) => Ok(Certificate::from_pem(pem)),
        _ => Err(format!("{}: there is no certificate in PEM format", path.display())),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}
