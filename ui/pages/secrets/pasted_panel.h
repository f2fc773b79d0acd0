#pragma once

#include "ui/rpc/result.h"
#include "ui/rpc/vault_types.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;

namespace gantry::rpc {
class VaultApi;
}
namespace gantry::widgets {
class CopyLine;
class MessageBar;
} // namespace gantry::widgets

namespace gantry::ui {

class TextTable;

// Secrets that lie in environment variables or in code, a button that moves one into the store, and
// the moves that can be undone.
class PastedPanel final : public QWidget {
    Q_OBJECT
public:
    PastedPanel(rpc::VaultApi& api, widgets::MessageBar& bar, QWidget* parent = nullptr);

    void refresh();
    // Shows those of one function.
    void setFunction(const QString& name);

Q_SIGNALS:
    void openRequested(const QString& route);

private:
    QWidget* makePlan();
    QWidget* makeMoved();
    void showFound(const rpc::PastedSecrets& found);
    void showCurrent();
    const rpc::PastedSecret* current() const;
    void move();
    void loadMoved();
    void showMoves(const QList<rpc::MovedSecret>& moves);
    void showMove();
    const rpc::MovedSecret* currentMove() const;
    void undo();
    void fail(const rpc::Error& error);

    rpc::VaultApi& m_api;
    widgets::MessageBar& m_bar;
    QList<rpc::PastedSecret> m_found;
    QList<rpc::MovedSecret> m_moves; // the last first
    TextTable* m_table = nullptr;
    QLabel *m_summary = nullptr, *m_plan = nullptr, *m_done = nullptr;
    QLineEdit *m_search = nullptr, *m_name = nullptr;
    QPushButton *m_move = nullptr, *m_open = nullptr, *m_undo = nullptr;
    QWidget *m_planCard = nullptr, *m_movedCard = nullptr;
    QComboBox* m_which = nullptr; // of the moves
    widgets::CopyLine* m_code = nullptr;
};

} // namespace gantry::ui
