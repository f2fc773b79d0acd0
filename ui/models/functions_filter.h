#pragma once

#include <QSortFilterProxyModel>
#include <QString>
#include <QStringList>

#include <vector>

namespace gantry::models {

class FunctionsModel;

// Sorts and filters functions as one types. Words must all match: a bare word is a part of the
// name; `runtime:python`, `arch:arm64`, `state:failed` and `handler:app` look at that property;
// `tag:team` or `tag:team=core` at the tags. It reads the model's rows directly and resets instead
// of removing thousands of single rows, so that 10,000 functions answer between two key strokes.
class FunctionsFilter final : public QSortFilterProxyModel {
    Q_OBJECT
public:
    explicit FunctionsFilter(FunctionsModel& model, QObject* parent = nullptr);

    void setFilter(const QString& text);
    const QString& filter() const { return m_text; }
    QString nameAt(int proxyRow) const;
    // -1 when the filter hides it.
    int rowOfName(const QString& name) const;

protected:
    bool filterAcceptsRow(int sourceRow, const QModelIndex& sourceParent) const override;
    bool lessThan(const QModelIndex& left, const QModelIndex& right) const override;

private:
    enum class Property { Name, Runtime, Architecture, State, Handler, Tag };
    struct Term {
        Property property;
        QString value;    // case-folded
        QString tagValue; // of tag:KEY=VALUE
        bool hasTagValue = false;
    };
    static Term parse(const QString& word);
    bool matches(const Term& term, int sourceRow) const;

    FunctionsModel& m_model;
    QString m_text;
    std::vector<Term> m_terms;
};

} // namespace gantry::models
