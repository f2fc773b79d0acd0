#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>

struct sqlite3_stmt;

namespace gantry::store {

// A value bound to a statement. Text and blobs are not copied: they must outlive the call.
class Value final {
public:
    enum class Kind { Null, Integer, Real, Text, Blob };

    Value(std::nullptr_t) {}
    Value(int value) : m_kind(Kind::Integer), m_integer(value) {}
    Value(std::int64_t value) : m_kind(Kind::Integer), m_integer(value) {}
    Value(double value) : m_kind(Kind::Real), m_real(value) {}
    Value(std::string_view text) : m_kind(Kind::Text), m_bytes(text) {}
    Value(const std::string& text) : Value(std::string_view(text)) {}
    Value(const char* text) : Value(std::string_view(text)) {}
    static Value blob(std::string_view bytes)
    {
        Value value(bytes);
        value.m_kind = Kind::Blob;
        return value;
    }

    Kind kind() const { return m_kind; }
    std::int64_t integer() const { return m_integer; }
    double real() const { return m_real; }
    std::string_view bytes() const { return m_bytes; }

private:
    Kind m_kind = Kind::Null;
    std::int64_t m_integer = 0;
    double m_real = 0;
    std::string_view m_bytes;
};

// The current row of a query. Views are valid until the callback returns.
class Row final {
public:
    explicit Row(sqlite3_stmt* statement) : m_statement(statement) {}
    bool isNull(int column) const;
    std::int64_t integer(int column) const;
    double real(int column) const;
    std::string_view text(int column) const;
    std::string_view blob(int column) const;

private:
    sqlite3_stmt* m_statement;
};

struct DatabaseOptions {
    // On: a commit is on the disk when it returns (synchronous=FULL). Off: a power cut may take the
    // last commits, a killed process none.
    bool durable = true;
    bool readOnly = false;
};

// One connection to a SQLite file in WAL mode, with its prepared statements. Used by one thread at
// a time. Every failure (full disk, broken file) is a status that names the file and says what to
// do.
class Database final {
public:
    // Opens or creates the file (mode 0600) and brings its schema up to date: migrations[n] is the
    // SQL that leads from schema n to n + 1. A schema newer than that is refused.
    static absl::StatusOr<Database> open(const std::filesystem::path& file,
                                         std::span<const std::string_view> migrations,
                                         DatabaseOptions options = {});
    Database(Database&&) noexcept;
    Database& operator=(Database&&) noexcept;
    ~Database();

    // Statements are literals: each is prepared once a connection and kept.
    absl::Status run(std::string_view sql, std::initializer_list<Value> values = {});
    absl::Status query(std::string_view sql, std::initializer_list<Value> values,
                       const std::function<void(const Row&)>& each);

    bool inTransaction() const;

private:
    struct Impl;
    explicit Database(std::unique_ptr<Impl> impl);
    absl::Status migrate(std::span<const std::string_view> migrations);

    std::unique_ptr<Impl> m_impl;
};

} // namespace gantry::store
