#include "ui/models/functions_filter.h"

#include "ui/models/functions_model.h"

#include <QSignalBlocker>

#include <algorithm>

namespace gantry::models {

FunctionsFilter::FunctionsFilter(FunctionsModel& model, QObject* parent)
    : QSortFilterProxyModel(parent), m_model(model)
{
    setDynamicSortFilter(true);
    setSourceModel(&model);
    sort(FunctionsModel::Name);
}

FunctionsFilter::Term FunctionsFilter::parse(const QString& word)
{
    static const struct {
        QLatin1String prefix;
        Property property;
    } kPrefixes[] = {
        {QLatin1String("runtime:"), Property::Runtime},
        {QLatin1String("arch:"), Property::Architecture},
        {QLatin1String("state:"), Property::State},
        {QLatin1String("handler:"), Property::Handler},
        {QLatin1String("tag:"), Property::Tag},
        {QLatin1String("name:"), Property::Name},
    };
    const QString folded = word.toCaseFolded();
    for (const auto& [prefix, property] : kPrefixes) {
        if (!folded.startsWith(prefix))
            continue;
        Term term{property, folded.mid(prefix.size()), {}, false};
        const qsizetype equals = term.value.indexOf(QLatin1Char('='));
        if (property == Property::Tag && equals >= 0) {
            term.tagValue = term.value.mid(equals + 1);
            term.value.truncate(equals);
            term.hasTagValue = true;
        }
        return term;
    }
    return {Property::Name, folded, {}, false};
}

void FunctionsFilter::setFilter(const QString& text)
{
    if (text == m_text)
        return;
    beginResetModel();
    m_text = text;
    m_terms.clear();
    const QStringList words = text.split(QLatin1Char(' '), Qt::SkipEmptyParts);
    for (const QString& word : words)
        m_terms.push_back(parse(word));
    {
        const QSignalBlocker inReset(this);
        invalidate();
    }
    endResetModel();
}

QString FunctionsFilter::nameAt(int proxyRow) const
{
    const QModelIndex source = mapToSource(index(proxyRow, 0));
    return source.isValid() ? m_model.row(source.row()).overview.name : QString();
}

int FunctionsFilter::rowOfName(const QString& name) const
{
    const int row = m_model.rowOf(name);
    return row < 0 ? -1 : mapFromSource(m_model.index(row, 0)).row();
}

bool FunctionsFilter::filterAcceptsRow(int sourceRow, const QModelIndex& sourceParent) const
{
    Q_UNUSED(sourceParent)
    return std::all_of(m_terms.begin(), m_terms.end(),
                       [&](const Term& term) { return matches(term, sourceRow); });
}

bool FunctionsFilter::matches(const Term& term, int sourceRow) const
{
    const FunctionsModel::Row& row = m_model.row(sourceRow);
    const rpc::FunctionOverview& f = row.overview;
    const auto has = [&](const QString& text) {
        return text.contains(term.value, Qt::CaseInsensitive);
    };
    switch (term.property) {
    case Property::Name:
        return row.nameFolded.contains(term.value);
    case Property::Runtime:
        return has(f.runtime);
    case Property::Architecture:
        return has(f.architecture);
    case Property::State:
        return has(f.state) || has(f.lastUpdateStatus);
    case Property::Handler:
        return has(f.handler);
    case Property::Tag:
        break;
    }
    for (auto it = f.tags.begin(); it != f.tags.end(); ++it) {
        const bool key = term.hasTagValue ? it.key().toCaseFolded() == term.value : has(it.key());
        if (key && it.value().contains(term.tagValue, Qt::CaseInsensitive))
            return true;
    }
    return false;
}

bool FunctionsFilter::lessThan(const QModelIndex& left, const QModelIndex& right) const
{
    if (left.column() != FunctionsModel::Name) {
        const QPartialOrdering order = QVariant::compare(left.data(FunctionsModel::RawRole),
                                                         right.data(FunctionsModel::RawRole));
        if (order != QPartialOrdering::Equivalent)
            return order == QPartialOrdering::Less;
    }
    return m_model.row(left.row()).nameFolded < m_model.row(right.row()).nameFolded;
}

} // namespace gantry::models
