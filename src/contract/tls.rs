//! TLS of a client: whom it trusts, and the certificate that it shows.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::error::{Error, Result};

/// The name of HTTP/2 in ALPN (RFC 7301, RFC 9113 section 3.2).
pub(super) const HTTP2: &[u8] = b"h2";

/// The files and the name for a server whose URL begins with `https://`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// PEM file of the certificates of the authorities to trust; none for those of the system.
    pub cacert: Option<PathBuf>,
    /// PEM file of the client's certificate, and those that lead to its authority.
    pub cert: Option<PathBuf>,
    /// PEM file of the client's private key.
    pub key: Option<PathBuf>,
    /// The name that the server's certificate has to have; none for the host of the URL.
    pub servername: Option<String>,
}

impl Tls {
    /// Returns what connects to `host`.
    ///
    /// # Errors
    ///
    /// A file cannot be read or has no certificate or key, or there is no authority to trust.
    pub(super) fn connector(&self, host: &str) -> Result<(TlsConnector, ServerName<'static>)> {
        let mut roots = RootCertStore::empty();
        match &self.cacert {
            Some(path) => {
                for certificate in certificates(path)? {
                    roots.add(certificate).map_err(|error| invalid(path, &error))?;
                }
            }
            None => {
                let found = rustls_native_certs::load_native_certs();
                roots.add_parsable_certificates(found.certs);
                if roots.is_empty() {
                    return Err(Error::new("this system has no trusted certificates")
                        .help("name those to trust with --cacert FILE"));
                }
            }
        }
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::new(error.to_string()))?
            .with_root_certificates(roots);
        let mut config = match (&self.cert, &self.key) {
            (Some(cert), Some(key)) => {
                let secret =
                    PrivateKeyDer::from_pem_file(key).map_err(|error| invalid(key, &error))?;
                builder
                    .with_client_auth_cert(certificates(cert)?, secret)
                    .map_err(|error| invalid(cert, &error))?
            }
            (None, None) => builder.with_no_client_auth(),
            _ => return Err(Error::new("--cert and --key are given together")),
        };
        config.alpn_protocols = vec![HTTP2.to_vec()];
        let name = self.servername.as_deref().unwrap_or(host);
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(bare.to_owned())
            .map_err(|_| Error::new(format!("{name:?} is not a host name or address")))?;
        Ok((TlsConnector::from(Arc::new(config)), name))
    }
}

/// Reads the certificates of a PEM file.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let found: Vec<_> = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|error| invalid(path, &error))?;
    match found.is_empty() {
        true => Err(Error::new("the file has no certificate").at(path.display().to_string())),
        false => Ok(found),
    }
}

fn invalid(path: &Path, error: &dyn std::fmt::Display) -> Error {
    Error::new(error.to_string())
        .at(path.display().to_string())
        .help("write a file in PEM format: -----BEGIN CERTIFICATE-----")
}
