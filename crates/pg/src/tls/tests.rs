use std::path::Path;

use super::*;

fn network() -> Tls {
    Tls::default()
}

fn off() -> Tls {
    Tls { mode: TlsMode::Off, ..Tls::default() }
}

#[test]
fn r36_what_leaves_the_machine_speaks_tls_and_nothing_else_has_to() {
    let table = [
        ("postgresql://u@/d?host=%2Frun%2Fpostgresql", false),
        ("host=/run/postgresql,/run/other user=u", false),
        ("postgresql://u@localhost/d", false),
        ("postgresql://u@LOCALHOST/d?sslmode=disable", false),
        ("postgresql://u@127.0.0.1/d", false),
        ("postgresql://u@127.9.9.9/d", false),
        ("host=::1", false),
        ("host=::ffff:127.0.0.1", false),
        ("host=/run/postgresql,localhost", false),
        ("postgresql://u@localhost/d?sslmode=require", true),
        ("postgresql://u@db.example/d", true),
        ("postgresql://u@db.example/d?sslmode=prefer", true),
        ("postgresql://u@db.example/d?sslmode=require", true),
        ("postgresql://u@10.0.0.1/d", true),
        ("host=localhost,db.example", true),
        ("host=localhost.example", true),
        // The address says where it goes, the name whom it must find there.
        ("host=localhost hostaddr=10.0.0.1", true),
        ("host=db.example hostaddr=127.0.0.1", false),
        ("host=db.example hostaddr=127.0.0.1 sslmode=require", true),
        ("host=a.example,b.example hostaddr=127.0.0.1,10.0.0.1", true),
    ];
    for (url, spoken) in table {
        assert_eq!(network().is_spoken(url), Ok(spoken), "{url}");
    }
}

#[test]
fn r36_nothing_leaves_the_machine_open_unless_that_is_said() {
    let table = [
        ("postgresql://u@db.example/d?sslmode=disable", "url"),
        ("host=localhost,db.example sslmode=disable", "url"),
        ("host=localhost hostaddr=10.0.0.1 sslmode=disable", "url"),
        ("host=/run/postgresql sslmode=require", "url"),
        ("host=/run/postgresql,db.example", "url"),
        ("hostaddr=10.0.0.1", "url"),
        ("host=/run/postgresql hostaddr=10.0.0.1", "url"),
        ("host=-.example", "url"),
    ];
    for (url, field) in table {
        assert_eq!(network().is_spoken(url).unwrap_err().field, field, "{url}");
    }
    for url in ["postgresql://u@db.example/d", "postgresql://u@db.example/d?sslmode=disable"] {
        assert_eq!(off().is_spoken(url), Ok(false), "{url}");
    }
    assert_eq!(off().is_spoken("host=db.example sslmode=require").unwrap_err().field, "tls");
}

#[test]
fn files_that_can_not_be_meant_are_refused() {
    let file = || Some("x.pem".into());
    for (tls, field) in [
        (Tls { ca_file: file(), ..off() }, "ca_file"),
        (Tls { client_certificate: file(), client_key: file(), ..off() }, "client_certificate"),
        (Tls { client_certificate: file(), ..network() }, "client_key"),
        (Tls { client_key: file(), ..network() }, "client_certificate"),
    ] {
        assert_eq!(tls.is_spoken("postgresql://u@localhost/d").unwrap_err().field, field, "{tls:?}");
    }
}

#[test]
fn r37_a_connection_string_that_can_not_be_read_is_not_quoted() {
    for (url, said) in [
        ("postgresql://u:hunter2@db.example/d?sslmode=verify-full", "verify-full"),
        ("postgresql://u:hunter2@db.example/d?sslrootcert=ca.pem", "ca_file"),
        ("postgresql://u:hunter2@db.example/d?sslcert=c.pem", "client_certificate"),
        ("postgresql://u:hunter2@db.example/d?sslkey=c.key", "client_key"),
        ("postgresql://u:hunter2@db.example:many/d", "`port`"),
        ("host=db.example password=x hunter2=y", "no connection string"),
        ("hunter2", "no connection string"),
    ] {
        let fault = network().is_spoken(url).unwrap_err().to_string();
        assert!(fault.starts_with("url: ") && fault.contains(said), "{fault}");
        assert!(!fault.contains("hunter2"), "{fault}");
    }
}

#[test]
fn each_file_is_read_and_named_with_its_field() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let own = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let other = rcgen::KeyPair::generate().unwrap();
    let (certificate, key) =
        (write("c.pem", &own.cert.pem()), write("c.key", &own.signing_key.serialize_pem()));
    let (empty, other) = (write("empty.pem", ""), write("other.key", &other.serialize_pem()));
    let nowhere = folder.path().join("nowhere.pem");
    let tls = |ca: &Path, certificate: &Path, key: &Path| Tls {
        mode: TlsMode::Network,
        ca_file: Some(ca.to_owned()),
        client_certificate: Some(certificate.to_owned()),
        client_key: Some(key.to_owned()),
    };
    let url = "postgresql://u@db.example/d";
    let found = |tls: Tls| {
        let faults = tls.faults_of_files(url);
        assert_eq!(
            tls.way(url).is_err(),
            !faults.is_empty(),
            "what serving needs is what is looked at: {faults:?}"
        );
        faults.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(found(tls(&certificate, &certificate, &key)), [""; 0]);
    for (tls, expected) in [
        (tls(&nowhere, &certificate, &key), vec![("ca_file: ", "nowhere.pem")]),
        (tls(&empty, &certificate, &key), vec![("ca_file: ", "empty.pem: holds no certificate")]),
        (tls(&certificate, &empty, &key), vec![("client_certificate: ", "empty.pem: holds no certificate")]),
        (tls(&certificate, &certificate, &empty), vec![("client_key: ", "empty.pem")]),
        (tls(&certificate, &certificate, &other), vec![("client_key: ", "other.key")]),
        (
            tls(&empty, &nowhere, &key),
            vec![("ca_file: ", "empty.pem"), ("client_certificate: ", "nowhere.pem")],
        ),
    ] {
        let found = found(tls);
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (fault, (field, why)) in found.iter().zip(expected) {
            assert!(fault.starts_with(field) && fault.contains(why), "{fault}");
        }
    }
}
