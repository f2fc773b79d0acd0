#include "backend/api/webhook.h"

#include "backend/base/error.h"

#include <absl/strings/str_cat.h>
#include <boost/asio/post.hpp>
#include <curl/curl.h>

#include <utility>

namespace gantry::api {
namespace {

constexpr long kSeconds = 10;

std::size_t discard(char*, std::size_t size, std::size_t count, void*)
{
    return size * count;
}

int stopped(void* stop, curl_off_t, curl_off_t, curl_off_t, curl_off_t)
{
    return static_cast<const std::atomic<bool>*>(stop)->load() ? 1 : 0;
}

absl::Status send(const std::string& url, const std::string& json, std::atomic<bool>& stop)
{
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                   curl_easy_cleanup);
    const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(
        curl_slist_append(nullptr, "Content-Type: application/json"), curl_slist_free_all);
    if (!curl || !headers)
        return serviceError("There is no memory for a request.");
    CURL* const handle = curl.get();
    curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, json.c_str());
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(json.size()));
    curl_easy_setopt(handle, CURLOPT_TIMEOUT, kSeconds);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_USERAGENT, "gantryd");
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, discard);
    curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, stopped);
    curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &stop);
    if (const CURLcode code = curl_easy_perform(handle); code != CURLE_OK)
        return serviceError(absl::StrCat("The webhook was not reached: ", curl_easy_strerror(code), "."));
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    if (status < 200 || status > 299)
        return serviceError(absl::StrCat("The webhook answered with HTTP status ", status, "."));
    return absl::OkStatus();
}

} // namespace

Webhook::Webhook(boost::asio::io_context& io) : m_io(io)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

Webhook::~Webhook()
{
    m_stop = true;
}

void Webhook::post(std::string url, std::string json, std::function<void(absl::Status)> done)
{
    m_workers.post([this, url = std::move(url), json = std::move(json), done = std::move(done),
                    alive = std::weak_ptr<int>(m_alive)] {
        absl::Status status = send(url, json, m_stop);
        boost::asio::post(m_io, [done, alive, status = std::move(status)] {
            if (!alive.expired())
                done(status);
        });
    });
}

} // namespace gantry::api
