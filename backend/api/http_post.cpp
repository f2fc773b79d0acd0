#include "backend/api/http_post.h"

#include <absl/status/status.h>
#include <curl/curl.h>

#include <algorithm>
#include <memory>
#include <mutex>

namespace gantry::api {
namespace {

constexpr long kSeconds = 10;
constexpr curl_off_t kLongestRetryAfter = 86'400;

struct Kept {
    std::string body;
    std::size_t most = 0;
};

std::size_t keep(char* data, std::size_t size, std::size_t count, void* kept)
{
    Kept& to = *static_cast<Kept*>(kept);
    to.body.append(data, std::min(size * count, to.most - to.body.size()));
    return size * count;
}

int stopped(void* stop, curl_off_t, curl_off_t, curl_off_t, curl_off_t)
{
    return static_cast<const std::atomic<bool>*>(stop)->load() ? 1 : 0;
}

void initialiseOnce()
{
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

} // namespace

absl::StatusOr<PostAnswer> post(const PostRequest& request, const std::atomic<bool>& stop)
{
    initialiseOnce();
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                   curl_easy_cleanup);
    std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(nullptr,
                                                                        curl_slist_free_all);
    for (const std::string& header : request.headers) {
        if (curl_slist* longer = curl_slist_append(headers.get(), header.c_str())) {
            (void)headers.release();
            headers.reset(longer);
        }
    }
    if (!curl)
        return absl::ResourceExhaustedError("There is no memory for a request.");
    Kept kept{{}, request.keptBytes};
    CURL* const handle = curl.get();
    curl_easy_setopt(handle, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(handle, CURLOPT_TIMEOUT, kSeconds);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_USERAGENT, "gantryd");
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &kept);
    curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, stopped);
    curl_easy_setopt(handle, CURLOPT_XFERINFODATA, const_cast<std::atomic<bool>*>(&stop));
    if (const CURLcode code = curl_easy_perform(handle); code != CURLE_OK)
        return absl::UnavailableError(curl_easy_strerror(code));
    long status = 0;
    curl_off_t retryAfter = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(handle, CURLINFO_RETRY_AFTER, &retryAfter);
    return PostAnswer{static_cast<int>(status), std::move(kept.body),
                      static_cast<int>(std::clamp<curl_off_t>(retryAfter, 0, kLongestRetryAfter))};
}

} // namespace gantry::api
