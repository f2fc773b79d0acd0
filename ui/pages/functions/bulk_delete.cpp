#include "ui/pages/functions/bulk_delete.h"

#include "ui/rpc/functions_api.h"

namespace gantry::ui {

BulkDelete::BulkDelete(rpc::FunctionsApi& api, QStringList names, QObject* parent)
    : QObject(parent), m_api(api), m_waiting(std::move(names))
{
}

void BulkDelete::start()
{
    for (int i = 0; i < kAtOnce && !m_waiting.isEmpty(); ++i)
        next();
}

void BulkDelete::next()
{
    const QString name = m_waiting.takeFirst();
    ++m_running;
    m_api.remove(name, {}, this, [this, name](rpc::Result<rpc::Nothing> result) {
        --m_running;
        // Gone already is what was wanted.
        if (result || result.error().name == QLatin1String("ResourceNotFoundException"))
            m_deleted << name;
        else
            m_problems << tr("%1: %2").arg(name, result.error().message);
        if (!m_waiting.isEmpty())
            return next();
        if (m_running > 0)
            return;
        Q_EMIT finished(m_deleted, m_problems);
        deleteLater();
    });
}

} // namespace gantry::ui
