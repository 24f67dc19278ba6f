//! A PostgreSQL that is reached over TCP, with and without TLS.

use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use pg::server::{PrivateServer, ServerSettings};
use pg::{Pool, PoolSettings};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, date_time_ymd,
};
use uuid::Uuid;

/// What such a server has to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsSide {
    /// A certificate for `localhost` and `db.example`; nobody gets in without TLS.
    Right,
    /// The same, which has expired.
    Expired,
    /// No TLS.
    None,
}

/// A server on 127.0.0.1 with a database `sluice`. Its superuser `sluice` has a password; its user `certified` comes in with a
/// certificate. It is ended, and all of it removed, when dropped.
#[derive(Debug)]
pub struct TlsServer {
    folder: tempfile::TempDir,
    server: PrivateServer,
    port: u16,
    password: String,
    authority: Authority,
}

impl TlsServer {
    /// Makes and starts it.
    ///
    /// # Panics
    /// When it can't be had.
    pub async fn start(side: TlsSide) -> TlsServer {
        let folder = tempfile::Builder::new().prefix("sluice-tls-").tempdir().unwrap();
        let authority = Authority::new("An authority for tests");
        std::fs::write(folder.path().join("ca.pem"), &authority.pem).unwrap();
        let mut settings = ServerSettings {
            max_connections: 60,
            shared_buffers_mib: 32,
            say: |_| {},
            ..ServerSettings::default()
        };
        // At first by its socket alone: nobody comes in over TCP before there are passwords.
        let server = PrivateServer::start(folder.path(), &settings).await.expect("a PostgreSQL");
        server.create_database("sluice").await.unwrap();
        let password = Uuid::now_v7().simple().to_string();
        let pool = Pool::open(&server.url("sluice"), PoolSettings::default()).unwrap();
        let roles = format!("ALTER ROLE sluice PASSWORD '{password}'; CREATE ROLE certified LOGIN");
        pool.get().await.unwrap().batch_execute(&roles).await.unwrap();
        pool.close();
        equip(&server, side, &authority);
        server.stop().await.unwrap();

        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        settings.tcp = Some(port);
        if side != TlsSide::None {
            let ssl = [("ssl", "on"), ("ssl_ca_file", "clients.pem")];
            settings.further = ssl.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        }
        let server = PrivateServer::start(folder.path(), &settings).await.expect("the same PostgreSQL");
        TlsServer { folder, server, port, password, authority }
    }

    /// A connection string to it that demands TLS, by hosts' names (with commas between) that nobody is asked for.
    pub fn url(&self, hosts: &str, user: &str) -> String {
        let TlsServer { port, password, .. } = self;
        let ends: Vec<_> = hosts.split(',').map(|host| format!("{host}:{port}")).collect();
        let addresses = vec!["127.0.0.1"; ends.len()].join(",");
        let ends = ends.join(",");
        format!("postgresql://{user}:{password}@{ends}/sluice?hostaddr={addresses}&sslmode=require")
    }

    /// The same by its socket, which has no TLS.
    pub fn socket_url(&self) -> String {
        self.server.url("sluice")
    }

    /// The authority of its certificate, and of those that it believes.
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// A certificate for a client of this name, with its key.
    pub fn client(&self, name: &str) -> (PathBuf, PathBuf) {
        self.authority.client(name, self.folder.path())
    }

    /// The file of another authority, and a certificate of its for a client of this name.
    pub fn stranger(&self, name: &str) -> (PathBuf, (PathBuf, PathBuf)) {
        let other = Authority::new("Another authority");
        let folder = self.folder.path().join("other");
        std::fs::create_dir_all(&folder).unwrap();
        let ca_file = folder.join("ca.pem");
        std::fs::write(&ca_file, &other.pem).unwrap();
        (ca_file, other.client(name, &folder))
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        let home = self.server.home();
        let pid_file = home.join("data/postmaster.pid");
        let pid = std::fs::read_to_string(&pid_file).unwrap_or_default();
        if let Some(pid) = pid.lines().next() {
            Command::new("kill").args(["-QUIT", pid]).status().ok();
        }
        // Its files are removed next: it must be gone.
        for _ in 0..250 {
            if !pid_file.exists() {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        // Where root's server lies elsewhere, its place is a link.
        if let Ok(home) = std::fs::canonicalize(home) {
            std::fs::remove_dir_all(home).ok();
        }
    }
}

/// Gives it its files and says who comes in.
fn equip(server: &PrivateServer, side: TlsSide, authority: &Authority) {
    let data = server.home().join("data");
    let over_tcp = match side {
        TlsSide::None => "host all all 127.0.0.1/32 scram-sha-256\n",
        _ => "hostssl all certified 127.0.0.1/32 cert\nhostssl all all 127.0.0.1/32 scram-sha-256\n",
    };
    let (certificate, key) = authority.server(side == TlsSide::Expired);
    for (name, text) in [
        ("pg_hba.conf", format!("local all all trust\n{over_tcp}")),
        ("server.crt", certificate),
        ("server.key", key),
        ("clients.pem", authority.pem.clone()),
    ] {
        give(&data, name, &text);
    }
}

/// Writes a file for the user of the data, and for nobody else.
fn give(data: &Path, name: &str, text: &str) {
    let path = data.join(name);
    std::fs::remove_file(&path).ok();
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).unwrap();
    std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
    let owner = std::fs::metadata(data).unwrap();
    chown(&path, Some(owner.uid()), Some(owner.gid())).unwrap();
}

#[derive(Debug)]
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new(common_name: &str) -> Authority {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name = name(common_name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let pem = params.self_signed(&key).unwrap().pem();
        Authority { issuer: Issuer::new(params, key), pem }
    }

    fn server(&self, expired: bool) -> (String, String) {
        let names = vec!["localhost".to_owned(), "db.example".to_owned()];
        let mut params = CertificateParams::new(names).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        if expired {
            (params.not_before, params.not_after) = (date_time_ymd(2019, 1, 1), date_time_ymd(2020, 1, 1));
        }
        self.sign(params, "A server for tests")
    }

    fn client(&self, user: &str, folder: &Path) -> (PathBuf, PathBuf) {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let (certificate, key) = self.sign(params, user);
        let files = ["crt", "key"].map(|ending| folder.join(format!("{user}.{ending}")));
        std::fs::write(&files[0], certificate).unwrap();
        std::fs::write(&files[1], key).unwrap();
        files.into()
    }

    fn sign(&self, mut params: CertificateParams, common_name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        params.distinguished_name = name(common_name);
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }
}

fn name(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}
