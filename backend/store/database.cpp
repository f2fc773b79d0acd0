#include "backend/store/database.h"

#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/base/unique_fd.h"

#include <absl/container/flat_hash_map.h>
#include <absl/strings/str_cat.h>
#include <sqlite3.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

namespace gantry::store {

bool Row::isNull(int column) const
{
    return sqlite3_column_type(m_statement, column) == SQLITE_NULL;
}

std::int64_t Row::integer(int column) const
{
    return sqlite3_column_int64(m_statement, column);
}

double Row::real(int column) const
{
    return sqlite3_column_double(m_statement, column);
}

std::string_view Row::text(int column) const
{
    return blob(column);
}

std::string_view Row::blob(int column) const
{
    const auto* data = static_cast<const char*>(sqlite3_column_blob(m_statement, column));
    const int size = sqlite3_column_bytes(m_statement, column);
    return data ? std::string_view(data, static_cast<std::size_t>(size)) : std::string_view();
}

struct Database::Impl {
    ~Impl()
    {
        for (auto& [sql, statement] : statements)
            sqlite3_finalize(statement);
        sqlite3_close(handle);
    }

    absl::Status failure(int code) const;
    absl::Status execute(const std::string& script);
    absl::StatusOr<sqlite3_stmt*> prepare(std::string_view sql);

    std::string file;
    sqlite3* handle = nullptr;
    absl::flat_hash_map<std::string, sqlite3_stmt*> statements;
};

absl::Status Database::Impl::failure(int code) const
{
    switch (code & 0xff) {
    case SQLITE_FULL:
        return serviceError(absl::StrCat("The disk that holds ", file,
                                         " is full. Nothing was changed; free some space and "
                                         "try again."));
    case SQLITE_IOERR:
        return serviceError(absl::StrCat("The disk that holds ", file,
                                         " failed to read or write. Nothing was changed. (",
                                         sqlite3_errstr(sqlite3_extended_errcode(handle)), ")"));
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return serviceError(absl::StrCat(file, " is damaged or not a database of Gantry. Restore "
                                               "it from a backup or use another data directory."));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return serviceError(absl::StrCat(file, " is locked by another program."));
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
        return serviceError(absl::StrCat(file, " cannot be written: ", sqlite3_errstr(code), "."));
    default:
        return serviceError(absl::StrCat(file, ": ", sqlite3_errmsg(handle)));
    }
}

absl::Status Database::Impl::execute(const std::string& script)
{
    const int code = sqlite3_exec(handle, script.c_str(), nullptr, nullptr, nullptr);
    return code == SQLITE_OK ? absl::OkStatus() : failure(code);
}

absl::StatusOr<sqlite3_stmt*> Database::Impl::prepare(std::string_view sql)
{
    if (const auto found = statements.find(view(sql)); found != statements.end())
        return found->second;
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(handle, sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK)
        return failure(code);
    statements.emplace(std::string(sql), statement);
    return statement;
}

namespace {

int bindOne(sqlite3_stmt* statement, int index, const Value& value)
{
    const auto size = static_cast<sqlite3_uint64>(value.bytes().size());
    switch (value.kind()) {
    case Value::Kind::Integer:
        return sqlite3_bind_int64(statement, index, value.integer());
    case Value::Kind::Real:
        return sqlite3_bind_double(statement, index, value.real());
    case Value::Kind::Text:
        return sqlite3_bind_text64(statement, index, value.bytes().data(), size, SQLITE_STATIC,
                                   SQLITE_UTF8);
    case Value::Kind::Blob:
        // A null pointer would bind NULL, an empty blob is not that.
        return size == 0 ? sqlite3_bind_zeroblob(statement, index, 0)
                         : sqlite3_bind_blob64(statement, index, value.bytes().data(), size,
                                               SQLITE_STATIC);
    case Value::Kind::Null:
        break;
    }
    return sqlite3_bind_null(statement, index);
}

// Returns a statement to its prepared state whatever way the caller leaves.
class Use final {
public:
    explicit Use(sqlite3_stmt* statement) : m_statement(statement) {}
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    ~Use()
    {
        sqlite3_reset(m_statement);
        sqlite3_clear_bindings(m_statement);
    }

private:
    sqlite3_stmt* m_statement;
};

// SQLite creates files by the umask; a database of functions may hold secrets.
absl::Status createPrivately(const std::filesystem::path& file)
{
    const UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!fd)
        return serviceError(
            absl::StrCat(file.string(), " cannot be opened: ", std::strerror(errno), "."));
    return absl::OkStatus();
}

} // namespace

Database::Database(std::unique_ptr<Impl> impl) : m_impl(std::move(impl)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

absl::StatusOr<Database> Database::open(const std::filesystem::path& file,
                                        std::span<const std::string_view> migrations,
                                        DatabaseOptions options)
{
    if (!options.readOnly) {
        if (absl::Status created = createPrivately(file); !created.ok())
            return created;
    }
    auto impl = std::make_unique<Impl>();
    impl->file = file.string();
    const int flags =
        (options.readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | SQLITE_OPEN_NOMUTEX;
    if (const int code = sqlite3_open_v2(file.c_str(), &impl->handle, flags, nullptr);
        code != SQLITE_OK)
        return impl->failure(code);
    sqlite3_busy_timeout(impl->handle, 5000);
    sqlite3_extended_result_codes(impl->handle, 1);
    // There are two dozen of these: SQLite's own small heap for each would be 120 KB.
    sqlite3_db_config(impl->handle, SQLITE_DBCONFIG_LOOKASIDE, nullptr, 1200, 16);
    Database database(std::move(impl));
    absl::Status ready = database.m_impl->execute("PRAGMA trusted_schema=OFF;"
                                                  "PRAGMA foreign_keys=ON;"
                                                  "PRAGMA temp_store=MEMORY;"
                                                  "PRAGMA cache_size=-1000;");
    if (ready.ok() && !options.readOnly) {
        ready =
            database.m_impl->execute(absl::StrCat("PRAGMA journal_mode=WAL; PRAGMA synchronous=",
                                                  options.durable ? "FULL" : "NORMAL", ";"));
    }
    if (ready.ok())
        ready =
            database.migrate(options.readOnly ? std::span<const std::string_view>{} : migrations);
    if (!ready.ok())
        return ready;
    return database;
}

absl::Status Database::migrate(std::span<const std::string_view> migrations)
{
    if (migrations.empty())
        return absl::OkStatus();
    const auto known = static_cast<std::int64_t>(migrations.size());
    std::int64_t version = 0;
    if (absl::Status read =
            query("PRAGMA user_version", {}, [&](const Row& row) { version = row.integer(0); });
        !read.ok())
        return read;
    if (version > known) {
        return serviceError(
            absl::StrCat(m_impl->file, " was written by a newer version of Gantry (schema ",
                         version, ", this version knows up to ", known,
                         "). Install the newer version or use another data directory."));
    }
    for (; version < known; ++version) {
        const absl::Status step = m_impl->execute(
            absl::StrCat("BEGIN IMMEDIATE;", view(migrations[static_cast<std::size_t>(version)]),
                         ";PRAGMA user_version=", version + 1, ";COMMIT;"));
        if (!step.ok()) {
            (void)m_impl->execute("ROLLBACK");
            return step;
        }
    }
    return absl::OkStatus();
}

absl::Status Database::run(std::string_view sql, std::initializer_list<Value> values)
{
    return query(sql, values, [](const Row&) {});
}

absl::Status Database::query(std::string_view sql, std::initializer_list<Value> values,
                             const std::function<void(const Row&)>& each)
{
    absl::StatusOr<sqlite3_stmt*> statement = m_impl->prepare(sql);
    if (!statement.ok())
        return statement.status();
    const Use use(*statement);
    int index = 0;
    for (const Value& value : values) {
        if (const int code = bindOne(*statement, ++index, value); code != SQLITE_OK)
            return m_impl->failure(code);
    }
    const Row row(*statement);
    int code = sqlite3_step(*statement);
    for (; code == SQLITE_ROW; code = sqlite3_step(*statement))
        each(row);
    return code == SQLITE_DONE ? absl::OkStatus() : m_impl->failure(code);
}

bool Database::inTransaction() const
{
    return sqlite3_get_autocommit(m_impl->handle) == 0;
}

} // namespace gantry::store
