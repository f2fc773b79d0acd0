#include "backend/iam/directory.h"

#include "backend/base/ids.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>

#include <algorithm>

namespace gantry::iam {
namespace {

using kind::kKey;
using kind::kPolicy;
using kind::kSession;

int number(IdentityKind kind)
{
    return static_cast<int>(kind);
}

// AWS's unique ids begin with what they are of.
std::string uniqueId(const char* prefix)
{
    return absl::AsciiStrToUpper(absl::StrCat(prefix, randomHex(9).substr(0, 17)));
}

} // namespace

template <class Record>
Record* Directory::Draft::editRow(int kind, const RecordTable<Record>& table, std::string_view key)
{
    const std::string lower = lowerCase(key);
    for (Row& row : m_rows) {
        if (row.kind == kind && row.key == lower)
            return static_cast<Record*>(row.record.get());
    }
    const Record* found = table.find(key);
    if (!found)
        return nullptr;
    auto copy = std::make_shared<Record>(*found);
    m_rows.push_back({kind, lower, copy});
    return copy.get();
}

template <class Record> Record& Directory::Draft::addRow(int kind, std::string_view key)
{
    auto made = std::make_shared<Record>();
    m_rows.push_back({kind, lowerCase(key), made});
    return *made;
}

void Directory::Draft::eraseRow(int kind, std::string_view key)
{
    const std::string lower = lowerCase(key);
    std::erase_if(m_rows, [&](const Row& row) { return row.kind == kind && row.key == lower; });
    m_rows.push_back({kind, lower, nullptr});
}

record::Identity* Directory::Draft::edit(IdentityKind kind, std::string_view name)
{
    return editRow(number(kind), m_directory.identities(kind), name);
}

record::ManagedPolicy* Directory::Draft::editPolicy(std::string_view arn)
{
    return editRow(kPolicy, m_directory.m_policies, arn);
}

record::AccessKey* Directory::Draft::editKey(std::string_view id)
{
    return editRow(kKey, m_directory.m_keys, id);
}

record::Identity& Directory::Draft::add(IdentityKind kind, const std::string& name)
{
    auto& made = addRow<record::Identity>(number(kind), name);
    made.set_name(name);
    made.set_path("/");
    made.set_id(uniqueId(kind == IdentityKind::User    ? "AIDA"
                         : kind == IdentityKind::Group ? "AGPA"
                                                       : "AROA"));
    made.set_created_ms(m_directory.nowMs());
    made.set_max_session_seconds(3600);
    return made;
}

record::ManagedPolicy& Directory::Draft::addPolicy(const std::string& arn)
{
    auto& made = addRow<record::ManagedPolicy>(kPolicy, arn);
    made.set_arn(arn);
    made.set_id(uniqueId("ANPA"));
    made.set_created_ms(m_directory.nowMs());
    made.set_updated_ms(m_directory.nowMs());
    return made;
}

record::AccessKey& Directory::Draft::addKey(const std::string& id)
{
    auto& made = addRow<record::AccessKey>(kKey, id);
    made.set_id(id);
    made.set_created_ms(m_directory.nowMs());
    return made;
}

record::Session& Directory::Draft::addSession(const std::string& id)
{
    return addRow<record::Session>(kSession, id);
}

void Directory::Draft::erase(IdentityKind kind, std::string_view name)
{
    eraseRow(number(kind), name);
}

void Directory::Draft::erasePolicy(std::string_view arn)
{
    eraseRow(kPolicy, arn);
}

void Directory::Draft::eraseKey(std::string_view id)
{
    eraseRow(kKey, id);
}

void Directory::Draft::eraseSession(std::string_view id)
{
    eraseRow(kSession, id);
}

void Directory::Draft::apply()
{
    const auto settle = [](auto& table, const Row& row) {
        using Record = typename std::decay_t<decltype(table)>::Ptr::element_type;
        if (row.record)
            table.put(row.key, std::static_pointer_cast<Record>(row.record));
        else
            table.erase(row.key);
    };
    for (const Row& row : m_rows) {
        if (row.kind < kPolicy)
            settle(m_directory.m_identities[row.kind], row);
        else if (row.kind == kPolicy)
            settle(m_directory.m_policies, row);
        else if (row.kind == kKey)
            settle(m_directory.m_keys, row);
        else
            settle(m_directory.m_sessions, row);
    }
    // Whose a key is may have changed. Sessions that live in memory only stay.
    std::erase_if(m_directory.m_credentials, [](const auto& entry) {
        return !entry.second->session;
    });
    for (const Row& row : m_rows) {
        if (row.kind != kSession || row.record)
            continue;
        std::erase_if(m_directory.m_credentials, [&](const auto& entry) {
            return lowerCase(entry.first) == row.key;
        });
    }
}

} // namespace gantry::iam
