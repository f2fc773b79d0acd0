#include "backend/cost/ledger_text.h"

#include "backend/cost/ledger.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <array>

namespace gantry::cost {
namespace {

namespace json = boost::json;
using pricing::Usage;

json::object parsed(std::string_view text)
{
    boost::system::error_code error;
    const json::value value = json::parse({text.data(), text.size()}, error);
    return !error && value.is_object() ? value.get_object() : json::object();
}

// Calls each(name, number) for every number of a usage, with its name in the file.
template <class U, class Each> void forEachNumber(U& u, Each each)
{
    each("invocations", u.invocations);
    each("requests", u.requests);
    each("x86_mb_ms", u.x86.mbMillis);
    each("x86_provisioned_mb_ms", u.x86.provisionedMbMillis);
    each("x86_provisioned_duration_mb_ms", u.x86.provisionedDurationMbMillis);
    each("x86_tenant_mb", u.x86.tenantMb);
    each("arm_mb_ms", u.arm.mbMillis);
    each("arm_provisioned_mb_ms", u.arm.provisionedMbMillis);
    each("arm_provisioned_duration_mb_ms", u.arm.provisionedDurationMbMillis);
    each("arm_tenant_mb", u.arm.tenantMb);
    each("tmp_mb_ms", u.tmpMbMillis);
    each("streamed_bytes", u.streamedBytes);
    each("snapshot_mb_ms", u.snapshotMbMillis);
    each("restored_mb", u.restoredMb);
    each("durable_operations", u.durableOperations);
    each("durable_bytes_written", u.durableBytesWritten);
}

} // namespace

std::string textOf(const Usage& usage)
{
    json::object object;
    forEachNumber(usage, [&object](const char* name, std::int64_t number) {
        if (number != 0)
            object[name] = number;
    });
    return json::serialize(object);
}

Usage usageOfText(std::string_view text)
{
    const json::object object = parsed(text);
    Usage usage;
    forEachNumber(usage, [&object](const char* name, std::int64_t& number) {
        if (const json::value* value = object.if_contains(name); value && value->is_int64())
            number = value->get_int64();
    });
    return usage;
}

std::string tagText(const Tags& tags)
{
    json::object object;
    for (const auto& [key, value] : tags)
        object[key] = value;
    return tags.empty() ? std::string() : json::serialize(object);
}

Tags tagsOf(const std::string& text)
{
    Tags tags;
    for (const auto& [key, value] : parsed(text)) {
        if (value.is_string())
            tags.emplace(std::string(key), std::string(value.get_string()));
    }
    return tags;
}

} // namespace gantry::cost
