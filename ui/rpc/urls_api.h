#pragma once

#include "ui/rpc/channel.h"
#include "ui/rpc/functions_types.h"
#include "ui/rpc/result.h"
#include "ui/rpc/urls_types.h"

#include <functional>
#include <memory>
#include <vector>

namespace gantry::rpc {

// Function URLs and streamed responses. Every call comes back on the GUI thread, and not at all once
// its context is gone. An empty qualifier means $LATEST.
class UrlsApi final {
public:
    template <class T> using Done = std::function<void(Result<T>)>;

    explicit UrlsApi(Channel& channel) : m_channel(channel) {}

    // Of the function and its aliases.
    void list(const QString& function, QObject* context, Done<std::vector<FunctionUrl>> done);
    // Of url, the members qualifier, signedOnly, streams and cors.
    void create(const QString& function, const FunctionUrl& url, QObject* context,
                Done<FunctionUrl> done);
    void update(const QString& function, const FunctionUrl& url, QObject* context,
                Done<FunctionUrl> done);
    void remove(const QString& function, const QString& qualifier, QObject* context,
                Done<Nothing> done);

    // Until the end or until the stream is destroyed.
    std::unique_ptr<Stream> call(const UrlRequest& request, std::function<void(UrlEvent)> onEvent,
                                 std::function<void(Error)> onEnd);
    std::unique_ptr<Stream> invokeStream(const InvokeRequest& request,
                                         std::function<void(StreamedEvent)> onEvent,
                                         std::function<void(Error)> onEnd);

private:
    Channel& m_channel;
};

} // namespace gantry::rpc
