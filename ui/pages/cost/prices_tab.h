#pragma once

#include "ui/models/price_fields_model.h"
#include "ui/models/text_table_model.h"
#include "ui/pages/page.h"
#include "ui/rpc/price_tables.h"

class QLabel;
class QPushButton;
class QTableView;

namespace gantry::ui {

// The price tables: which one is in use, what each says, and the user's own ones.
class PricesTab final : public QWidget {
    Q_OBJECT
public:
    explicit PricesTab(const Services& services, QWidget* parent = nullptr);

    void load();

Q_SIGNALS:
    void pricesChanged(); // other ones are in use
    void messageRequested(const QString& text, bool isError);

private:
    QWidget* makeList();
    QWidget* makeFields();
    QPushButton* addButton(const char* name, const QString& text, const QString& icon,
                           const QString& toolTip, QWidget* parent);
    void show(const rpc::PriceTables& tables);
    void showTable();
    void showButtons();
    const rpc::PriceTableEntry* chosen() const;
    void use();
    void duplicate();
    void importFile();
    void exportFile();
    void remove();
    void save();
    void tell(const QString& problem);
    // What comes of a change; `then` is the table to be shown.
    rpc::PriceTablesApi::Done taker(const QString& then, const QString& told);

    rpc::PriceTablesApi m_api;
    rpc::PriceTables m_tables;
    rpc::PriceTableEntry m_shown; // whose fields there are
    models::TextTableModel m_list;
    models::PriceFieldsModel m_fields;
    QTableView* m_listView = nullptr;
    QTableView* m_fieldsView = nullptr;
    QLabel* m_heading = nullptr;
    QLabel* m_since = nullptr;
    QLabel* m_problem = nullptr;
    QPushButton* m_use = nullptr;
    QPushButton* m_duplicate = nullptr;
    QPushButton* m_import = nullptr;
    QPushButton* m_export = nullptr;
    QPushButton* m_remove = nullptr;
    QPushButton* m_save = nullptr;
    QPushButton* m_revert = nullptr;
};

} // namespace gantry::ui
