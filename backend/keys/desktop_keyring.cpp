#include "backend/keys/desktop_keyring.h"

#include "backend/base/text.h"

#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>
#include <libsecret/secret.h>

#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <thread>

namespace gantry::keys {
namespace {

constexpr int kPatienceSeconds = 5;

const SecretSchema* schema()
{
    static const SecretSchema instance = {"dev.gantry.MasterKey",
                                          SECRET_SCHEMA_NONE,
                                          {{"id", SECRET_SCHEMA_ATTRIBUTE_STRING},
                                           {nullptr, SECRET_SCHEMA_ATTRIBUTE_STRING}},
                                          0, nullptr, nullptr, nullptr, nullptr,
                                          nullptr, nullptr, nullptr};
    return &instance;
}

struct Unref {
    void operator()(gpointer object) const { g_object_unref(object); }
};

// Cancels libsecret's blocking call when it takes too long.
class Patience final {
public:
    Patience()
        : m_cancellable(g_cancellable_new()), m_thread([this] {
              std::unique_lock lock(m_mutex);
              if (!m_done.wait_for(lock, std::chrono::seconds(kPatienceSeconds),
                                   [this] { return m_over; }))
                  g_cancellable_cancel(m_cancellable.get());
          })
    {
    }
    ~Patience()
    {
        {
            const std::lock_guard lock(m_mutex);
            m_over = true;
        }
        m_done.notify_one();
        m_thread.join();
    }
    GCancellable* get() const { return m_cancellable.get(); }

private:
    std::unique_ptr<GCancellable, Unref> m_cancellable;
    std::mutex m_mutex;
    std::condition_variable m_done;
    bool m_over = false;
    std::thread m_thread;
};

absl::Status failure(GError* error)
{
    std::string why = error ? error->message : "it refused";
    if (error && g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        why = "it did not answer; it may be locked";
    if (error)
        g_error_free(error);
    return absl::UnavailableError(absl::StrCat("The desktop's keyring cannot be used: ", why,
                                               ". Unlock it and start again."));
}

} // namespace

bool DesktopKeyring::isAvailable()
{
    // Without an address GLib would look for a bus to launch.
    if (!std::getenv("DBUS_SESSION_BUS_ADDRESS"))
        return false;
    const Patience patience;
    GError* error = nullptr;
    const std::unique_ptr<GDBusConnection, Unref> bus(
        g_bus_get_sync(G_BUS_TYPE_SESSION, patience.get(), &error));
    if (!bus) {
        g_clear_error(&error);
        return false;
    }
    GVariant* answer = g_dbus_connection_call_sync(
        bus.get(), "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
        "NameHasOwner", g_variant_new("(s)", "org.freedesktop.secrets"), nullptr,
        G_DBUS_CALL_FLAGS_NO_AUTO_START, kPatienceSeconds * 1000, patience.get(), &error);
    g_clear_error(&error);
    gboolean owned = FALSE;
    if (answer) {
        g_variant_get(answer, "(b)", &owned);
        g_variant_unref(answer);
    }
    if (!owned)
        return false;
    const std::unique_ptr<SecretService, Unref> service(
        secret_service_get_sync(SECRET_SERVICE_NONE, patience.get(), &error));
    g_clear_error(&error);
    if (!service)
        return false;
    SecretCollection* found =
        secret_collection_for_alias_sync(service.get(), SECRET_COLLECTION_DEFAULT,
                                         SECRET_COLLECTION_NONE, patience.get(), &error);
    g_clear_error(&error);
    const std::unique_ptr<SecretCollection, Unref> collection(found);
    return collection && !secret_collection_get_locked(collection.get());
}

absl::Status DesktopKeyring::store(const std::string& id, const SecretBuffer& key)
{
    CleansedString text(absl::Base64Escape(view(key.view())));
    const Patience patience;
    GError* error = nullptr;
    const gboolean stored = secret_password_store_sync(
        schema(), SECRET_COLLECTION_DEFAULT, "Gantry master key", text.get().c_str(),
        patience.get(), &error, "id", id.c_str(), nullptr);
    return stored ? absl::OkStatus() : failure(error);
}

absl::StatusOr<std::optional<SecretBuffer>> DesktopKeyring::find(const std::string& id)
{
    const Patience patience;
    GError* error = nullptr;
    gchar* text = secret_password_lookup_sync(schema(), patience.get(), &error, "id", id.c_str(),
                                              nullptr);
    if (error)
        return failure(error);
    if (!text)
        return std::nullopt;
    CleansedString decoded;
    const bool ok = absl::Base64Unescape(text, &decoded.get());
    secret_password_free(text);
    return std::optional<SecretBuffer>(SecretBuffer(ok ? std::string_view(decoded.get()) : ""));
}

absl::Status DesktopKeyring::remove(const std::string& id)
{
    const Patience patience;
    GError* error = nullptr;
    secret_password_clear_sync(schema(), patience.get(), &error, "id", id.c_str(), nullptr);
    return error ? failure(error) : absl::OkStatus();
}

} // namespace gantry::keys
