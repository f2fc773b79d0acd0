#pragma once

#include "ui/shell/command_source.h"
#include "ui/shell/fuzzy_match.h"

#include <QAbstractListModel>

#include <memory>
#include <vector>

namespace gantry::ui {

// What the palette lists for what was typed: the best matches of all sources. While nothing is
// typed the sources come one after the other.
class CommandModel final : public QAbstractListModel {
    Q_OBJECT
public:
    enum Role { DetailRole = Qt::UserRole + 1, IconRole };
    static constexpr int kMaxResults = 60;

    using QAbstractListModel::QAbstractListModel;

    void addSource(std::unique_ptr<CommandSource> source) { m_sources.push_back(std::move(source)); }
    void prepare();
    void setQuery(const QString& typed);
    void run(int row);
    const QList<FuzzyMatch::Range>& ranges(int row) const { return m_results[size_t(row)].match.ranges; }

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;

private:
    struct Entry {
        int source = 0;
        int index = 0;
        FuzzyMatch match;
    };
    std::vector<std::unique_ptr<CommandSource>> m_sources;
    std::vector<Entry> m_results;
};

} // namespace gantry::ui
