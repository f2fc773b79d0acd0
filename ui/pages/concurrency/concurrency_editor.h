#pragma once

#include <QWidget>

class QComboBox;
class QLabel;
class QPushButton;
class QSpinBox;

namespace gantry::models {
class ConcurrencyBoard;
}
namespace gantry::rpc {
class FunctionsApi;
}

namespace gantry::ui {

// What one function reserves and what is provisioned for its versions and aliases, to be set. Each
// change is made at its own button; the limits stand beside the fields.
class ConcurrencyEditor final : public QWidget {
    Q_OBJECT
public:
    ConcurrencyEditor(models::ConcurrencyBoard& board, rpc::FunctionsApi& functions,
                      QWidget* parent = nullptr);

    // Reads its versions and aliases anew.
    void setFunction(const QString& name);
    const QString& functionName() const { return m_name; }
    // Brings what the platform tells into view, but not over what is being edited.
    void refresh();

private:
    QWidget* makeReserved();
    QWidget* makeProvisioned();
    void loadQualifiers();
    void offer(const QStringList& qualifiers);
    void showReserved();
    void showProvisioned();

    models::ConcurrencyBoard& m_board;
    rpc::FunctionsApi& m_functions;
    QString m_name;
    QSpinBox* m_reserved = nullptr;
    QPushButton* m_reserve = nullptr;
    QPushButton* m_release = nullptr;
    QLabel* m_reservedText = nullptr;
    QComboBox* m_qualifier = nullptr;
    QSpinBox* m_provisioned = nullptr;
    QPushButton* m_provision = nullptr;
    QLabel* m_provisionedText = nullptr;
};

} // namespace gantry::ui
