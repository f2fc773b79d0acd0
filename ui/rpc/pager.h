// Private to ui/rpc, as call.h is.
#pragma once

#include "ui/rpc/call.h"

#include <QPointer>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace gantry::rpc {

// Asks for page after page and answers with all items, or with the first error.
template <class Request, class Response, class Item>
class Pager final : public std::enable_shared_from_this<Pager<Request, Response, Item>> {
public:
    using Items = std::vector<Item>;
    using Convert = Items (*)(const Response&);

    Pager(Channel& channel, Request request, QObject* context, Convert convert,
          std::function<void(Result<Items>)> done)
        : m_channel(channel), m_request(std::move(request)), m_context(context), m_convert(convert),
          m_done(std::move(done))
    {
    }

    void next()
    {
        using Page = std::pair<Items, std::string>;
        std::function<void(Result<Page>)> onPage =
            [self = this->shared_from_this()](Result<Page> page) { self->take(page); };
        call<Response>(
            m_channel, m_request, m_context,
            [convert = m_convert](const Response& response) {
                return Page{convert(response), response.next_marker()};
            },
            std::move(onPage));
    }

private:
    void take(const Result<std::pair<Items, std::string>>& page)
    {
        if (!page)
            return m_done(page.error());
        m_items.insert(m_items.end(), page->first.begin(), page->first.end());
        if (page->second.empty())
            return m_done(std::move(m_items));
        m_request.set_marker(page->second);
        next();
    }

    Channel& m_channel;
    Request m_request;
    QPointer<QObject> m_context;
    Convert m_convert;
    std::function<void(Result<Items>)> m_done;
    Items m_items;
};

} // namespace gantry::rpc
