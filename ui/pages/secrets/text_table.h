#pragma once

#include "ui/models/text_table_model.h"

#include <QTableView>

class QSortFilterProxyModel;

namespace gantry::ui {

// A list of the secrets page: one row selected at a time, sorted by a click, filtered by a text.
class TextTable final : public QTableView {
    Q_OBJECT
public:
    TextTable(const QString& objectName, const QString& accessibleName, const QStringList& headers,
              const QList<int>& widths, QWidget* parent = nullptr);

    void setRows(const QList<models::TextTableModel::Row>& rows);
    void setFilter(const QString& text);
    // What is said in the middle while there are no rows.
    void setPlaceholder(const QString& text);

    QString currentId() const;
    void select(const QString& id);
    int count() const { return m_model->rowCount(); }

Q_SIGNALS:
    void currentIdChanged();

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    models::TextTableModel* m_model;
    QSortFilterProxyModel* m_proxy;
    QString m_placeholder;
};

} // namespace gantry::ui
