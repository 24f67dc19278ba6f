//! Connections: few, bounded in every wait, and thrown away as soon as anything is odd about them.

use std::fmt;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, PoolError, RecyclingMethod, Runtime};
use time::OffsetDateTime;
use tokio::runtime::Handle;
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Config, IsolationLevel, NoTls, Row, Socket};

use crate::error::{After, Error, sort};
use crate::home::Home;
use crate::statement::{Session, Statements};
use crate::tls::{Tls, Way, leaves_machine};
use crate::tx::Tx;

/// How a pool behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolSettings {
    /// Most connections at once.
    pub size: usize,
    /// Longest wait for a free connection.
    pub wait: Duration,
    /// Longest wait for a new connection, handshake included.
    pub connect: Duration,
    /// Longest time for one statement, COMMIT included.
    pub statement: Duration,
    /// Longest wait for a row's lock.
    pub lock: Duration,
    /// How long a transaction may sit between two statements before PostgreSQL ends it.
    pub idle_in_transaction: Duration,
    /// Each statement is planned once a connection, for indices, whatever its parameters and however small its tables are
    /// just then: for connections that ask the same few questions over and over, about rows that they name. A plan made
    /// for each batch costs up to a tenth of it, and one made while a table is empty reads all of it when it no longer is.
    pub plan_once: bool,
    /// Connections live on the runtime on which the pool was opened, whichever asks for one, and not on the one that asks
    /// first: for a pool that several share, of which one may be busy or end while others need it.
    pub at_home: bool,
    /// The role whose rights the statements have, usually [`crate::RUNTIME_ROLE`]; `None`: the user's own.
    pub role: Option<&'static str>,
    /// How connections are protected on their way.
    pub tls: Tls,
    /// What `pg_stat_activity` shows.
    pub application: &'static str,
}

impl Default for PoolSettings {
    fn default() -> PoolSettings {
        PoolSettings {
            size: 8,
            wait: Duration::from_secs(2),
            connect: Duration::from_secs(3),
            statement: Duration::from_secs(5),
            lock: Duration::from_secs(3),
            idle_in_transaction: Duration::from_secs(10),
            plan_once: false,
            at_home: false,
            role: None,
            tls: Tls::default(),
            application: "sluice",
        }
    }
}

/// PostgreSQL ends a statement by itself; only when it does not answer at all, this much later, is the
/// connection given up.
const GRACE: Duration = Duration::from_millis(500);

/// How long a connection over a network may be silent before its end is asked whether it is there: less than firewalls keep
/// one that nobody uses, since a lane that is seldom needed must not find its connection dead then.
const KEEPALIVE: Duration = Duration::from_secs(60);
/// What the driver has where the connection string says nothing.
const DRIVERS_KEEPALIVE: Duration = Duration::from_secs(2 * 60 * 60);

/// A bounded set of connections to one database. Cloning is cheap and shares them.
#[derive(Clone)]
pub struct Pool {
    inner: deadpool_postgres::Pool,
    statement: Duration,
    role: Option<&'static str>,
}

/// How busy a pool is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolStatus {
    /// Connections that are open, in use or not.
    pub size: usize,
    /// Open ones that nobody uses.
    pub available: usize,
    /// Callers that wait for one.
    pub waiting: usize,
    /// The most there can be.
    pub max: usize,
}

impl Pool {
    /// Prepares a pool; connections are opened when they are first needed.
    ///
    /// `url` is anything that tokio-postgres accepts, several hosts and `target_session_attrs` included. The files of
    /// [`PoolSettings::tls`] are read now.
    ///
    /// # Errors
    /// [`Error::Settings`] when `url` can't be read or leads over a network without protection, a file of TLS can't be used, a
    /// setting is out of range, or a pool shall be at home where no runtime is.
    pub fn open(url: &str, settings: PoolSettings) -> Result<Pool, Error> {
        let (config, way) = connection_config(url, &settings)?;
        let manager = match way {
            Way::Plain => manager(config, NoTls, settings.at_home)?,
            Way::Tls(connector) => manager(config, connector, settings.at_home)?,
        };
        let inner = deadpool_postgres::Pool::builder(manager)
            .max_size(settings.size.max(1))
            .wait_timeout(Some(settings.wait))
            .create_timeout(Some(settings.connect))
            .recycle_timeout(Some(settings.connect))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| Error::Settings(error.to_string()))?;
        Ok(Pool { inner, statement: settings.statement, role: settings.role })
    }

    /// A connection, new or used before.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when none is free or can be made in time.
    pub async fn get(&self) -> Result<Connection, Error> {
        let object = self.inner.get().await.map_err(|error| match error {
            PoolError::Backend(error) => {
                if let Some(error) = self.lacks_role(&error) {
                    return error;
                }
                let (error, after) = sort(&error);
                if after == After::AllGone {
                    self.inner.retain(|_, _| false);
                }
                error
            }
            PoolError::Timeout(kind) => Error::Unavailable(format!("no connection in time ({kind:?})")),
            other => Error::Unavailable(other.to_string()),
        })?;
        Ok(Connection { object: Some(object), session: Session::new(self.statement + GRACE) })
    }

    /// A role that is not there is refused at connect, as the wrong value of a setting.
    fn lacks_role(&self, error: &tokio_postgres::Error) -> Option<Error> {
        let (role, said) = (self.role?, error.as_db_error()?);
        let about_it = *said.code() == SqlState::INVALID_PARAMETER_VALUE && said.message().contains(role);
        let says = || format!("its server has no role {role}; run `sluice migrate`");
        about_it.then(says).map(Error::Refused)
    }

    /// How busy it is.
    pub fn status(&self) -> PoolStatus {
        let status = self.inner.status();
        PoolStatus {
            size: status.size,
            available: status.available,
            waiting: status.waiting,
            max: status.max_size,
        }
    }

    /// Refuses further use and closes the connections that nobody uses.
    pub fn close(&self) {
        self.inner.close();
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The manager's own Debug prints the user and the hosts.
        f.debug_struct("Pool").field("status", &self.status()).finish_non_exhaustive()
    }
}

/// What opens the pool's connections, each a type of its own: without TLS there is nothing of it on the way of a message.
fn manager<T>(config: Config, tls: T, at_home: bool) -> Result<Manager, Error>
where
    T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
    T::Stream: Send + Sync,
    T::TlsConnect: Send + Sync,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    // Fast: a lost connection is noticed by its task; a check per use would cost a round trip.
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    if !at_home {
        return Ok(Manager::from_config(config, tls, recycling));
    }
    let home = Handle::try_current().map_err(|error| Error::Settings(format!("at_home: {error}")))?;
    Ok(Manager::from_connect(config, Home { runtime: home, tls }, recycling))
}

fn connection_config(url: &str, settings: &PoolSettings) -> Result<(Config, Way), Error> {
    let (mut config, way) = settings.tls.way(url)?;
    if matches!(way, Way::Plain) && leaves_machine(&config) {
        tracing::warn!("the connection to the database is protected by its tunnel, or by nothing");
    }
    if config.get_application_name().is_none() {
        config.application_name(settings.application);
    }
    config.connect_timeout(settings.connect);
    if config.get_keepalives_idle() == DRIVERS_KEEPALIVE {
        config.keepalives_idle(KEEPALIVE);
    }
    config.tcp_user_timeout(settings.statement + GRACE);
    config.options(options(config.get_options(), settings)?);
    Ok((config, way))
}

/// Sets what every connection relies on. `synchronous_commit` stays what the server says: on.
fn options(given: Option<&str>, settings: &PoolSettings) -> Result<String, Error> {
    let millis = |what: &str, duration: Duration| match i32::try_from(duration.as_millis()) {
        // 0 would mean "no limit".
        Ok(millis) if millis > 0 => Ok(millis),
        _ => Err(Error::Settings(format!("{what}: {duration:?} is out of range"))),
    };
    let mut options = given.map(|given| format!("{given} ")).unwrap_or_default();
    options += &format!(
        "-c timezone=UTC -c statement_timeout={} -c lock_timeout={} -c idle_in_transaction_session_timeout={}",
        millis("statement", settings.statement)?,
        millis("lock", settings.lock)?,
        millis("idle_in_transaction", settings.idle_in_transaction)?,
    );
    if settings.plan_once {
        // A hash over a table reads all of it, and looks cheap while it is empty. What has no index would look so dear without
        // these that each run of it is compiled first.
        options += " -c plan_cache_mode=force_generic_plan -c jit=off -c enable_seqscan=off \
                    -c enable_mergejoin=off -c enable_hashjoin=off";
    }
    if let Some(role) = settings.role {
        options += &format!(" -c role={role}");
    }
    Ok(options)
}

/// A connection taken from a [`Pool`]; it goes back when dropped, unless anything was odd about it.
pub struct Connection {
    object: Option<Object>,
    session: Session,
}

impl Connection {
    fn object(&self) -> Result<&Object, Error> {
        self.object.as_ref().ok_or_else(|| Error::Unavailable("this connection was given up".to_owned()))
    }

    fn statements(&self) -> Result<Statements<'_>, Error> {
        let object = self.object()?;
        Ok(Statements { client: object, cache: &object.statement_cache, session: &self.session })
    }

    /// All rows of a statement, which is prepared once a connection.
    ///
    /// # Errors
    /// The database's.
    pub async fn query(&self, sql: &'static str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Error> {
        self.statements()?.query(sql, params).await
    }

    /// The only row, if there is one.
    ///
    /// # Errors
    /// The database's; [`Error::Broken`] with more than one row.
    pub async fn query_opt(
        &self,
        sql: &'static str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Option<Row>, Error> {
        self.statements()?.query_opt(sql, params).await
    }

    /// The only row.
    ///
    /// # Errors
    /// The database's; [`Error::Broken`] with any other number of rows.
    pub async fn query_one(&self, sql: &'static str, params: &[&(dyn ToSql + Sync)]) -> Result<Row, Error> {
        self.statements()?.query_one(sql, params).await
    }

    /// Runs a statement in a transaction of its own; how many rows it concerned.
    ///
    /// # Errors
    /// The database's. When the connection is lost, it may have been done all the same.
    pub async fn execute(&self, sql: &'static str, params: &[&(dyn ToSql + Sync)]) -> Result<u64, Error> {
        self.statements()?.execute(sql, params).await
    }

    /// Runs statements without parameters, separated by semicolons. For administration and tests.
    ///
    /// # Errors
    /// The database's.
    pub async fn batch_execute(&self, sql: &str) -> Result<(), Error> {
        self.statements()?.batch_execute(sql).await
    }

    /// The database's clock, now.
    ///
    /// # Errors
    /// The database's.
    pub async fn now(&self) -> Result<OffsetDateTime, Error> {
        let row = self.query_one("SELECT clock_timestamp()", &[]).await?;
        row.try_get(0).map_err(|error| sort(&error).0)
    }

    /// Begins a transaction (READ COMMITTED: what must not change is locked explicitly).
    ///
    /// # Errors
    /// The database's.
    pub async fn begin(&mut self) -> Result<Tx<'_>, Error> {
        self.start(IsolationLevel::ReadCommitted, false).await
    }

    /// Begins a read-only transaction in which every statement sees the same moment.
    ///
    /// # Errors
    /// The database's.
    pub async fn begin_snapshot(&mut self) -> Result<Tx<'_>, Error> {
        self.start(IsolationLevel::RepeatableRead, true).await
    }

    async fn start(&mut self, level: IsolationLevel, read_only: bool) -> Result<Tx<'_>, Error> {
        let Connection { object, session } = self;
        let session: &Session = session;
        let object = object.as_mut().ok_or(Error::Aborted)?;
        session.begin();
        let begin = object.build_transaction().isolation_level(level).read_only(read_only).start();
        Ok(Tx::new(session.run(begin).await?, session))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let Some(object) = self.object.take() else { return };
        match self.session.after() {
            After::Usable => {}
            After::Gone => drop(Object::take(object)),
            After::AllGone => {
                // Those that are in use find out themselves.
                if let Some(pool) = Object::pool(&object) {
                    pool.retain(|_, _| false);
                }
                drop(Object::take(object));
            }
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}
