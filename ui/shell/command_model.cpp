#include "ui/shell/command_model.h"

#include <algorithm>

namespace gantry::ui {

void CommandModel::prepare()
{
    for (const auto& source : m_sources)
        source->prepare();
}

void CommandModel::setQuery(const QString& typed)
{
    const FuzzyQuery query(typed);
    beginResetModel();
    m_results.clear();
    for (size_t s = 0; s < m_sources.size(); ++s) {
        for (int i = 0; i < m_sources[s]->size(); ++i) {
            // Without a query everything matches; nobody scrolls through it.
            if (query.isEmpty() && m_results.size() >= kMaxResults)
                break;
            if (auto match = query.match(m_sources[s]->text(i)))
                m_results.push_back({int(s), i, std::move(*match)});
        }
    }
    if (!query.isEmpty()) {
        const size_t shown = std::min<size_t>(m_results.size(), kMaxResults);
        std::partial_sort(m_results.begin(), m_results.begin() + qsizetype(shown), m_results.end(),
                          [](const Entry& a, const Entry& b) {
                              if (a.match < b.match || b.match < a.match)
                                  return a.match < b.match;
                              return std::pair(a.source, a.index) < std::pair(b.source, b.index);
                          });
        m_results.resize(shown);
    }
    endResetModel();
}

void CommandModel::run(int row)
{
    if (row < 0 || row >= rowCount())
        return;
    const Entry& entry = m_results[size_t(row)];
    m_sources[size_t(entry.source)]->run(entry.index);
}

int CommandModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_results.size());
}

QVariant CommandModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const Entry& entry = m_results[size_t(index.row())];
    const CommandSource& source = *m_sources[size_t(entry.source)];
    switch (role) {
    case Qt::DisplayRole:
    case Qt::AccessibleTextRole: return source.text(entry.index);
    case DetailRole: return source.detail(entry.index);
    case IconRole: return source.iconName(entry.index);
    default: return {};
    }
}

} // namespace gantry::ui
