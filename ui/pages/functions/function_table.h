#pragma once

#include <QTableView>

class QMenu;

namespace gantry::models {
class FunctionsFilter;
}

namespace gantry::ui {

// The rows of the function list: columns that can be chosen, moved and sorted and are remembered,
// a selection that survives the filter, and an export of what is shown.
class FunctionTable final : public QTableView {
    Q_OBJECT
public:
    explicit FunctionTable(models::FunctionsFilter& filter, QWidget* parent = nullptr);
    ~FunctionTable() override;

    QStringList selectedNames() const;
    // Of the row with the cursor.
    QString currentName() const;
    void fillColumnMenu(QMenu* menu);
    // The rows and columns that are shown, RFC 4180. Numbers are raw, times in UTC.
    QByteArray toCsv() const;

Q_SIGNALS:
    void selectedChanged();

protected:
    void paintEvent(QPaintEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    void setUpHeader();
    void saveColumns() const;
    void keepSelection();

    models::FunctionsFilter& m_filter;
    QStringList m_keptNames;
};

} // namespace gantry::ui
