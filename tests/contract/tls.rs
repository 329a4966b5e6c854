//! TLS against Python's grpcio, and `contract record` in front of it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

use super::foreign::installed;
use super::record::{RECORDED, proxy};
use super::running::Ended;
use super::wireproof;
use crate::parity::programs::tools;

/// A running Python server; it is ended when it is dropped.
struct Server {
    process: Child,
    url: String,
    states: String,
}

impl Server {
    fn start(folder: &Path, python: &Path, args: &[&str]) -> Self {
        let mut command = tools::command(python, folder);
        command.args(["-B", "server.py"]).args(args).stdout(Stdio::piped());
        let mut process = command.spawn().expect("it starts");
        let mut line = String::new();
        let stdout = process.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("it prints its addresses");
        let mut urls = line.split([' ', ',', '\n']).filter(|word| word.contains("://"));
        let mut next = || urls.next().unwrap_or_else(|| panic!("no address: {line}")).to_owned();
        Server { process, url: next(), states: next() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Writes an authority, a server's certificate for 127.0.0.1 and a client's certificate.
fn write_certificates(folder: &Path) {
    let key = || KeyPair::generate().expect("there is randomness");
    let mut params = CertificateParams::new([]).expect("it has no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, key()).expect("it can be signed");
    let write = |name: &str, text: String| {
        fs::write(folder.join(name), text).expect("it can be written");
    };
    write("ca.pem", authority.pem());
    for (name, host) in [("server", "127.0.0.1"), ("client", "client.test")] {
        let key = key();
        let mut params = CertificateParams::new([host.to_owned()]).expect("it is a name");
        params.distinguished_name.push(DnType::CommonName, host);
        let certificate = params.signed_by(&key, &authority).expect("it can be signed");
        write(&format!("{name}.pem"), certificate.pem());
        write(&format!("{name}.key"), key.serialize_pem());
    }
}

/// A target with TLS is verified; a certificate that is not trusted, or has another name, and a
/// missing certificate of the client are reported.
#[test]
fn a_server_with_tls_is_verified_and_certificates_count() {
    let Some((folder, python)) = installed() else { return };
    write_certificates(folder.path());
    let verify = |server: &Server, url: &str, args: &[&str]| {
        let head = ["contract", "verify", "--target", url, "--states", &server.states];
        wireproof(folder.path(), &[&head, args].concat())
    };
    let trusted = ["--cacert", "ca.pem"];
    let server = Server::start(folder.path(), &python, &["tls"]);
    let right = verify(&server, &server.url, &trusted);
    assert_eq!((right.code, &*right.stdout), (0, ""), "{}", right.stderr);
    assert!(right.stderr.contains("10 pass of 10 interactions"), "{}", right.stderr);
    let plain = server.url.replace("https", "http");
    for (url, args, expected) in [
        (&*server.url, &["--cacert", "client.pem"][..], "TLS failed: invalid peer certificate"),
        (&server.url, &["--cacert", "ca.pem", "--servername", "other.test"], "not valid for name"),
        (&server.url, &["--cacert", "server.key"], "server.key: the file has no certificate"),
        (&server.url, &["--cacert", "none.pem"], "none.pem: "),
        (&plain, &trusted, "has no TLS, which --cacert"),
    ] {
        let answer = verify(&server, url, args);
        assert_eq!(answer.code, 1, "{expected}: {}", answer.stderr);
        assert!(answer.stderr.contains(expected), "{expected}: {}", answer.stderr);
    }

    let server = Server::start(folder.path(), &python, &["mtls"]);
    let own = ["--cacert", "ca.pem", "--cert", "client.pem", "--key", "client.key"];
    let right = verify(&server, &server.url, &own);
    assert_eq!((right.code, &*right.stdout), (0, ""), "{}", right.stderr);
    let nobody = verify(&server, &server.url, &trusted);
    // Python's server closes the connection without a reason.
    assert_eq!(nobody.code, 100, "{}", nobody.stderr);
    assert!(nobody.stdout.contains("a book is found: the call broke off: "), "{}", nobody.stdout);
    assert!(nobody.stderr.contains("0 pass of 10 interactions"), "{}", nobody.stderr);

    let server = Server::start(folder.path(), &python, &[]);
    let answer = verify(&server, &server.url.replace("http", "https"), &trusted);
    assert_eq!(answer.code, 1, "{}", answer.stderr);
    assert!(answer.stderr.contains("TLS failed: "), "{}", answer.stderr);
}

/// A Python client calls a Python server through the recorder, over TLS on the server's side; what
/// was recorded holds for the server.
#[test]
fn calls_of_a_python_client_to_a_python_server_are_recorded() {
    let Some((folder, python)) = installed() else { return };
    write_certificates(folder.path());
    let server = Server::start(folder.path(), &python, &["tls"]);
    let trusted = ["--target", &server.url, "--cacert", "ca.pem"];
    let recorder = proxy(folder.path(), &trusted);
    let calls = ["GetBook", "ReadBook", "UploadBook", "Discuss"];
    // Twice: the time at which a book was read changes.
    for _ in 0..2 {
        let args = [&["-B", "client.py", &recorder.url], &calls[..]].concat();
        let answer = tools::run(&python, folder.path(), &args);
        assert_eq!(answer.code, 0, "{}{}", answer.stdout, answer.stderr);
    }
    let Ended { code, stdout, stderr } = recorder.interrupt();
    assert_eq!((code, &*stderr), (Some(0), ""), "{stdout}");
    assert_eq!(stdout, format!("wrote {RECORDED} with 4 interactions\n"));
    let verified = wireproof(
        folder.path(),
        &[
            &[
                "contract",
                "verify",
                "--consumer",
                "new",
                "--header",
                "authorization: Bearer reader",
            ],
            &trusted[..],
        ]
        .concat(),
    );
    assert_eq!((verified.code, &*verified.stdout), (0, ""), "{}", verified.stderr);
    assert!(verified.stderr.contains("4 pass of 4 interactions"), "{}", verified.stderr);
}
