#include "backend/api/extension_cache.h"

#include "backend/base/text.h"

#include <absl/strings/match.h>
#include <absl/strings/numbers.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace gantry::api {
namespace {

constexpr std::int64_t kMaxTtlSeconds = 300;
constexpr std::int64_t kMaxItems = 1'000;

std::int64_t number(const std::map<std::string, std::string>& variables, const char* name,
                    std::int64_t fallback, std::int64_t largest)
{
    const auto found = variables.find(name);
    std::int64_t value = 0;
    if (found == variables.end() || !absl::SimpleAtoi(found->second, &value) || value < 0)
        return fallback;
    return std::min(value, largest);
}

// Others are for root, or taken by the Runtime API and the AWS endpoint.
bool canBeHad(std::int64_t port)
{
    return port >= 1024 && port != 9001 && port != 4566;
}

} // namespace

ExtensionSettings extensionSettings(const std::map<std::string, std::string>& variables)
{
    constexpr std::int64_t kMicros = 1'000'000;
    ExtensionSettings settings;
    const std::int64_t port =
        number(variables, "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", settings.port, 65'536);
    if (canBeHad(port) && port <= 65'535)
        settings.port = static_cast<std::uint16_t>(port);
    settings.secretMicros =
        number(variables, "SECRETS_MANAGER_TTL", kMaxTtlSeconds, kMaxTtlSeconds) * kMicros;
    settings.parameterMicros =
        number(variables, "SSM_PARAMETER_STORE_TTL", kMaxTtlSeconds, kMaxTtlSeconds) * kMicros;
    settings.items = static_cast<std::size_t>(
        number(variables, "PARAMETERS_SECRETS_EXTENSION_CACHE_SIZE", kMaxItems, kMaxItems));
    const auto enabled = variables.find("PARAMETERS_SECRETS_EXTENSION_CACHE_ENABLED");
    if (enabled != variables.end() && absl::EqualsIgnoreCase(enabled->second, "false"))
        settings.items = 0;
    return settings;
}

std::string ExtensionCache::nameOf(Kind kind, const std::string& key)
{
    return (kind == Kind::Secret ? 's' : 'p') + key;
}

ExtensionCache::Value ExtensionCache::find(Kind kind, const std::string& key, std::int64_t now)
{
    const auto found = m_byName.find(nameOf(kind, key));
    if (found == m_byName.end())
        return nullptr;
    if (found->second->goodUntil <= now) {
        remove(found->second);
        return nullptr;
    }
    m_items.splice(m_items.begin(), m_items, found->second);
    return found->second->value;
}

void ExtensionCache::put(Kind kind, const std::string& key, Value value, std::int64_t now)
{
    const std::int64_t ttl =
        kind == Kind::Secret ? m_settings.secretMicros : m_settings.parameterMicros;
    Item item{nameOf(kind, key), std::move(value), 0, now + ttl};
    item.bytes = item.value->ByteSizeLong() + item.name.size();
    if (const auto known = m_byName.find(item.name); known != m_byName.end())
        remove(known->second);
    if (ttl == 0 || m_settings.items == 0 || item.bytes > kMaxBytes)
        return;
    m_bytes += item.bytes;
    m_items.push_front(std::move(item));
    m_byName[m_items.front().name] = m_items.begin();
    while (m_items.size() > m_settings.items || m_bytes > kMaxBytes)
        remove(std::prev(m_items.end()));
}

void ExtensionCache::remove(Items::iterator item)
{
    m_bytes -= item->bytes;
    m_byName.erase(item->name);
    m_items.erase(item);
}

std::shared_ptr<const void> ExtensionCaches::open(const std::string& accessKeyId,
                                                  const ExtensionSettings& settings)
{
    m_caches->emplace(accessKeyId, settings); // ids are never given twice
    return {m_caches.get(), [caches = m_caches, accessKeyId](const void*) {
                caches->erase(accessKeyId);
            }};
}

ExtensionCache* ExtensionCaches::find(const std::string& accessKeyId)
{
    const auto found = m_caches->find(accessKeyId);
    return found == m_caches->end() ? nullptr : &found->second;
}

} // namespace gantry::api
